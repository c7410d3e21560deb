/** A module that a file loads. */
export interface Import {
  readonly from: string
  readonly line: number
  readonly position: number
  /** In a function or a condition: loaded later, or never. */
  readonly nested: boolean
}

/** A call or a `new`, with what is called by its full name, such as `winston.format.simple`. */
export interface Call {
  readonly callee: string
  readonly line: number
  readonly position: number
  readonly args: readonly Node[]
  readonly nested: boolean
}

/** What a source file says, as far as the rules ask. */
export interface SourceFile {
  /** Relative to the root of the project. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  readonly calls: readonly Call[]
  /** The full name of an expression, with the names of imported modules in it; empty where it has none. */
  nameOf(node: unknown): string
  textOf(node: Node): string
  /** The whole of it. */
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

/** A key of an object, whether it stands in quotes or not. */
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

/** All nodes of a tree, from the outside in. */
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
