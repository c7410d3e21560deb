/** How many colours there are: `--service-1` to `--service-8` in page.css. */
const colours = 8

const numbers = new Map<string, number>()

/** Colours go out in the order in which services arrive, and stay for the session. */
export function serviceClass(service: string): string {
  const number = numbers.get(service) ?? numbers.size
  numbers.set(service, number)
  return `service-${(number % colours) + 1}`
}

/** Gives out colours in the order of the list. */
export function meetServices(services: Iterable<string>): void {
  for (const service of services) if (service) serviceClass(service)
}

/** The longest name so far, for a column that fits. */
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
