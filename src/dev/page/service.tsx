/** The number of colours: `--service-1` to `--service-8` in page.css. */
const colours = 8

const numbers = new Map<string, number>()

/** Services get their colours in the order of arrival, and keep them for the session. */
export function serviceClass(service: string): string {
  const number = numbers.get(service) ?? numbers.size
  numbers.set(service, number)
  return `service-${(number % colours) + 1}`
}

/** Gives colours to services, in the order of the list. */
export function meetServices(services: Iterable<string>): void {
  for (const service of services) if (service) serviceClass(service)
}

/** The length of the longest name so far, for the width of a column. */
export function longestService(): number {
  let longest = 0
  for (const name of numbers.keys()) longest = Math.max(longest, name.length)
  return longest
}

export function Service({ name, traced = true }: { name: string; traced?: boolean }) {
  if (!name) return <span class="service service-none">–</span>
  return (
    <span class={`service ${traced ? serviceClass(name) : 'service-none'}`} title={name}>
      <span class="cut">{name}</span>
    </span>
  )
}
