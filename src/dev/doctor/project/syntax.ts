/** A module that a file loads. */
export interface Import {
  readonly from: string
  readonly line: number
  readonly position: number
  /** Whether it is in a function or a condition: then the module is loaded later, or never. */
  readonly nested: boolean
}

/** A call or a `new`. `callee` is the full name, such as `winston.format.simple`. */
export interface Call {
  readonly callee: string
  readonly line: number
  readonly position: number
  readonly args: readonly Node[]
  readonly nested: boolean
}

/** A source file, with the parts that the rules read. */
export interface SourceFile {
  /** Relative to the root of the project. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  readonly calls: readonly Call[]
  /** The full name of an expression, with imported names replaced by those of their modules; `''` if it has no name. */
  nameOf(node: unknown): string
  textOf(node: Node): string
  /** The whole syntax tree. */
  readonly tree: Node
}

/** A node of the syntax tree. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly loc: { readonly start: { readonly line: number } }
  readonly [key: string]: unknown
}

/** The name of a key of an object, which may be in quotes. */
export function nameOfKey(key: unknown): string {
  if (!isNode(key)) return ''
  return String(key.type === 'StringLiteral' ? key.value : (key.name ?? ''))
}

/** The nodes directly below. */
export function* childrenOf(node: Node): Generator<Node> {
  for (const key in node) {
    if (key === 'loc' || key.endsWith('Comments')) continue
    const value = node[key]
    if (Array.isArray(value)) yield* value.filter(isNode)
    else if (isNode(value)) yield value
  }
}

/** All nodes of a tree. A node comes before the nodes below it. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node
  for (const child of childrenOf(node)) yield* nodesOf(child)
}

/** The value of a property in an object literal. */
export function propertyIn(node: Node | undefined, name: string): Node | undefined {
  if (node?.type !== 'ObjectExpression') return undefined
  const found = (node.properties as Node[]).find(each => nameOfKey(each.key) === name)
  return isNode(found?.value) ? found.value : undefined
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}
