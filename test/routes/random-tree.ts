import type { Any } from './frameworks.ts'

/** A seeded source of random numbers (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** One way a declared path can match: `text` is how it is declared, `label` what it is in the resource. */
interface Fill {
  text: string
  label: string
}
interface Declared {
  path: string | string[]
  fills: Fill[]
}

/** What happened to one request, as its handlers noted it. */
export class Truth {
  readonly trail: { at: Declared; label: string; base: string }[] = []
  taken: { template: string; base: string } | undefined
  template: string | undefined
  answered = false

  constructor(readonly random: () => number) {}

  get base(): string {
    return this.trail.at(-1)?.base ?? ''
  }

  named(label: string): string {
    const joined = [...this.trail.map(entry => entry.label), label].filter(part => part !== '/').join('')
    return joined || '/'
  }

  /** A route has its own path. Anything else has the path of its mount, unless a route was taken there before. */
  answer(template: string | undefined, base: string): void {
    if (this.answered) return
    this.answered = true
    const { taken } = this
    const deeper = taken === undefined || (base.length > taken.base.length && base.startsWith(taken.base))
    this.template = deeper ? template : taken.template
  }
}

/** A random application: routers, mounts, sub-applications, shared routers; and random requests to it. */
export class Tree {
  readonly #samples: { method: string; fills: Fill[][] }[] = []
  readonly #shared: { router: Any; samples: { method: string; fills: Fill[][] }[] }[] = []
  #names = 0

  constructor(
    readonly express: Any,
    readonly random: () => number,
    /** `router` up to 2.2 knows an optional group only by the shape that it took. */
    readonly byShape: boolean,
    readonly major: number,
    readonly truthOf: (req: Any) => Truth,
  ) {}

  grow(app: Any): void {
    this.#fill(app, 3, [])
    // Express closes the socket where a handler has passed on after it had answered.
    app.use((req: Any, _res: Any, next: Any) => this.truthOf(req).answered || next())
    app.use((error: Any, req: Any, _res: Any, next: Any) => this.truthOf(req).answered || next(error))
  }

  /** A random request line: mostly to something that exists. */
  request(): string {
    const { random } = this
    const { method, fills } = this.#pick(this.#samples)
    let path = fills.map(alternatives => this.#concrete(this.#pick(alternatives).text)).join('')
    if (random() < 0.05) path += '/nothing/here'
    if (random() < 0.05) path += '/'
    if (random() < 0.1) path = path.replace(/\/m\d+/, literal => literal.toUpperCase())
    if (random() < 0.1) path += '?zq=1'
    return `${random() < 0.05 ? this.#pick(['GET', 'HEAD', 'PUT', 'PATCH']) : method} ${path || '/'}`
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T
  }

  /** Values contain `zq`, so that a test can find them in a resource. A few look like literals instead. */
  #concrete(text: string): string {
    const { random } = this
    return text.replace(/[:*]\w+/g, () => {
      if (random() < 0.1) return `m${Math.floor(random() * 9)}`
      return `zq${Math.floor(random() * 1e6)}${random() < 0.1 ? '%20%E2%82%ACzq' : ''}`
    })
  }

  #declare(kinds: string[]): Declared {
    const n = ++this.#names
    const one = (text: string): Declared => ({ path: text, fills: [{ text, label: text }] })
    switch (this.#pick(kinds)) {
      case 'literal':
        return one(`/m${n}`)
      case 'param':
        return one(`/m${n}/:p${n}`)
      case 'two':
        return one(`/:p${n}/m${n}/:q${n}`)
      case 'pair':
        return one(`/m${n}/:p${n}-:q${n}`)
      case 'bare':
        return one(`/:p${n}`)
      case 'array': {
        const path = [`/m${n}/:p${n}`, `/n${n}`]
        return { path, fills: path.map(text => ({ text, label: text })) }
      }
      default: {
        const path = this.major === 4 ? `/m${n}/:o${n}?` : `/m${n}{/:o${n}}`
        const texts = [`/m${n}`, `/m${n}/:o${n}`]
        return { path, fills: texts.map(text => ({ text, label: this.byShape ? text : path })) }
      }
    }
  }

  #fill(router: Any, depth: number, above: Fill[][]): void {
    const { random } = this
    if (random() < 0.3) this.#gate(router)
    const count = 2 + Math.floor(random() * 4)
    for (let i = 0; i < count; i++) {
      if (depth > 0 && random() < 0.6) this.#mount(router, depth, above)
      else this.#route(router, above)
    }
    if (random() < 0.3) router.use((error: Any, req: Any, res: Any, next: Any) => this.#caught(error, req, res, next))
  }

  #mount(parent: Any, depth: number, above: Fill[][]): void {
    const { express, random } = this
    const at = this.#declare(['literal', 'param', 'param', 'two', 'pair', 'bare', 'array', 'optional'])
    const path = [...above, at.fills]
    const again = random() < 0.15 ? this.#pick(this.#shared) : undefined
    const isApp = parent.set !== undefined && random() < 0.4
    const child = again?.router ?? (isApp ? express() : express.Router({ mergeParams: random() < 0.5 }))
    if (isApp && !again) child.set('env', 'test')
    const first = this.#samples.length
    if (again) for (const { method, fills } of again.samples) this.#samples.push({ method, fills: [...path, ...fills] })
    else this.#fill(child, depth - 1, path)
    parent.use(
      at.path,
      (req: Any, _res: Any, next: Any) => {
        const truth = this.truthOf(req)
        truth.trail.push({ at, label: labelAt(at, req.baseUrl.slice(truth.base.length)), base: req.baseUrl })
        next()
      },
      child,
      (req: Any, _res: Any, next: Any) => next(void this.truthOf(req).trail.pop()),
      (error: Any, req: Any, _res: Any, next: Any) => {
        const { trail } = this.truthOf(req) // the error may be older than this mount
        if (trail.at(-1)?.at === at) trail.pop()
        next(error)
      },
    )
    if (again || isApp || random() < 0.6) return
    const samples = this.#samples.slice(first).map(({ method, fills }) => ({ method, fills: fills.slice(path.length) }))
    this.#shared.push({ router: child, samples })
  }

  /** A middleware, mounted or not, that answers or fails now and then. */
  #gate(router: Any): void {
    const at = this.random() < 0.5 ? this.#declare(['literal', 'param', 'bare']) : undefined
    const gate = (req: Any, res: Any, next: Any) => {
      const truth = this.truthOf(req)
      const chance = truth.random()
      if (truth.answered || chance > 0.1) return next()
      if (chance > 0.07) return next(new Error('gate'))
      const own = at ? labelAt(at, req.baseUrl.slice(truth.base.length)) : '/'
      truth.answer(req.baseUrl ? truth.named(own) : undefined, req.baseUrl)
      return res.status(401).end()
    }
    if (at) router.use(at.path, gate)
    else router.use(gate)
  }

  #route(router: Any, above: Fill[][]) {
    const at = this.#declare(['literal', 'param', 'param', 'two', 'pair', 'bare', 'array', 'optional'])
    const method = this.#pick(['get', 'get', 'post', 'all'])
    // Of a route the declared path is known even where a mount is known by its shape only.
    const labels = at.fills.map(({ text }) => ({ text, label: typeof at.path === 'string' ? at.path : text }))
    const route = { ...at, fills: labels }
    const handle = (req: Any, res: Any, next: Any) => this.#handle(route, req, res, next)
    router[method](at.path, ...this.#inFront(route), handle)
    this.#samples.push({ method: method === 'all' ? 'DELETE' : method.toUpperCase(), fills: [...above, at.fills] })
  }

  /** Now and then a router stands in front of the handler of a route. */
  #inFront(at: Declared): Any[] {
    const { express, random } = this
    if (random() < 0.7) return []
    const note = (req: Any, _res: Any, next: Any) => next(void this.#take(at, req))
    const router = express.Router().all(/.*/, (req: Any, res: Any, next: Any) => this.#check(req, res, next))
    return [note, random() < 0.3 ? express.Router().use(router) : router]
  }

  /** The handler of that router. It passes on, or fails, or answers. */
  #check(req: Any, res: Any, next: Any) {
    const truth = this.truthOf(req)
    const chance = truth.random()
    if (truth.answered || chance > 0.2) return next()
    if (chance > 0.15) return next('router')
    if (chance > 0.1) return next(new Error('check'))
    const template = truth.named('(/.*/)')
    truth.taken = { template, base: req.baseUrl }
    truth.answer(template, req.baseUrl)
    return res.status(401).end()
  }

  #take(at: Declared, req: Any): string {
    const truth = this.truthOf(req)
    const template = truth.named(labelAt(at, req.path))
    if (!truth.answered) truth.taken = { template, base: req.baseUrl }
    return template
  }

  #handle(at: Declared, req: Any, res: Any, next: Any) {
    const truth = this.truthOf(req)
    if (truth.answered) return next()
    const template = this.#take(at, req)
    const chance = truth.random()
    if (chance < 0.1) return next()
    if (chance < 0.15) return next('route')
    if (chance < 0.2) return next(new Error('route'))
    if (chance < 0.25) throw new Error('thrown')
    const answer = () => {
      truth.answer(template, req.baseUrl)
      res.end('ok')
    }
    if (chance < 0.5) setTimeout(answer, truth.random() * 3)
    else answer()
    if (chance > 0.95) next()
  }

  #caught(error: Any, req: Any, res: Any, next: Any) {
    const truth = this.truthOf(req)
    if (truth.answered || truth.random() < 0.4) return next(error)
    truth.answer(req.baseUrl ? truth.named('/') : undefined, req.baseUrl)
    res.status(500).end()
  }
}

/** Which of the ways to match a declared path `piece` is. */
function labelAt({ fills }: Declared, piece: string): string {
  const matches = (text: string) => new RegExp(`^${text.replace(/[:*]\w+/g, '[^/]+')}/?$`, 'i').test(piece)
  return fills.find(({ text }) => matches(text))?.label ?? `unknown ${piece}`
}
