import { parse } from '@babel/parser'
import { type Call, childrenOf, type Import, isNode, type Node, nameOfKey, type SourceFile } from './syntax'

/**
 * Parses JavaScript or TypeScript. Nothing is executed.
 *
 * @throws {SyntaxError} if the text cannot be parsed
 */
export function parseSource(path: string, text: string): SourceFile {
  const tree = parse(text, {
    sourceType: 'unambiguous',
    errorRecovery: true,
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
    plugins: [
      ...(/\.[cm]?tsx?$/.test(path) ? (['typescript', 'decorators'] as const) : []),
      ...(/\.[cm]?ts$/.test(path) ? [] : (['jsx'] as const)),
    ],
  })
  const program = tree.program as unknown as Node
  const file = new Reader(path, text, program)
  file.read(program, false)
  return file
}

class Reader implements SourceFile {
  readonly imports: Import[] = []
  readonly calls: Call[] = []
  /** Local name to full name. */
  readonly #names = new Map<string, string>()

  constructor(
    readonly path: string,
    readonly text: string,
    readonly tree: Node,
  ) {}

  textOf({ start, end }: Node): string {
    return this.text.slice(start, end)
  }

  nameOf(node: unknown): string {
    if (!isNode(node)) return ''
    const of = (key: string) => this.nameOf(node[key])
    switch (node.type) {
      case 'Identifier':
        return this.#names.get(node.name as string) ?? (node.name as string)
      case 'ThisExpression':
        return 'this'
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        return joined(of('object'), propertyOf(node))
      case 'CallExpression':
      case 'OptionalCallExpression':
        return requiredBy(node) ?? `${of('callee')}()`
      case 'NewExpression':
        return `new ${of('callee')}`
      case 'AwaitExpression':
        return of('argument')
      case 'TSAsExpression':
      case 'TSNonNullExpression':
      case 'TSSatisfiesExpression':
      case 'ParenthesizedExpression':
        return of('expression')
      default:
        return ''
    }
  }

  read(node: Node, nested: boolean): void {
    if (node.type === 'ImportDeclaration') this.#readImport(node)
    if (node.type === 'TSImportEqualsDeclaration') this.#readImportEquals(node)
    if (node.type === 'VariableDeclarator') this.#bind(node.id, this.nameOf(node.init))
    if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression' || node.type === 'NewExpression') {
      this.#readCall(node, nested)
    }
    if (/^Export(?:All|Named)Declaration$/.test(node.type) && isNode(node.source) && node.exportKind !== 'type') {
      this.#load(node.source.value as string, node, false)
    }
    const inside = nested || /Function|ClassMethod|ObjectMethod|IfStatement|Conditional|TryStatement/.test(node.type)
    for (const child of childrenOf(node)) this.read(child, inside)
  }

  #readImport(node: Node): void {
    if (node.importKind === 'type') return
    const from = (node.source as Node).value as string
    const specifiers = node.specifiers as Node[]
    // If all names are types, the TypeScript compiler removes the import, so the module is not loaded.
    if (specifiers.length && specifiers.every(({ importKind }) => importKind === 'type')) return
    this.#load(from, node, false)
    for (const each of specifiers) {
      const name = each.type === 'ImportSpecifier' ? nameOfKey(each.imported) : ''
      this.#names.set((each.local as Node).name as string, joined(from, name))
    }
  }

  #readImportEquals(node: Node): void {
    const reference = node.moduleReference as Node
    if (reference.type !== 'TSExternalModuleReference') return
    const from = (reference.expression as Node).value as string
    this.#load(from, node, false)
    this.#names.set((node.id as Node).name as string, from)
  }

  #readCall(node: Node, nested: boolean): void {
    const from = requiredBy(node)
    if (from !== undefined) this.#load(from, node, nested)
    const { start: position, loc } = node
    const callee = this.nameOf(node.callee)
    this.calls.push({ callee, line: loc.start.line, position, args: node.arguments as Node[], nested })
  }

  #load(from: string, node: Node, nested: boolean): void {
    this.imports.push({ from, line: node.loc.start.line, position: node.start, nested })
  }

  #bind(target: unknown, name: string): void {
    if (!isNode(target) || !name) return
    if (target.type === 'Identifier') this.#names.set(target.name as string, name)
    if (target.type !== 'ObjectPattern') return
    for (const property of target.properties as Node[]) {
      if (property.type === 'ObjectProperty') this.#bind(property.value, joined(name, nameOfKey(property.key)))
    }
  }
}

/** The string in `require('…')` and `await import('…')`. */
function requiredBy(node: Node): string | undefined {
  const callee = node.callee as Node
  const [first] = node.arguments as Node[]
  const loads = callee.type === 'Import' || (callee.type === 'Identifier' && callee.name === 'require')
  return loads && first?.type === 'StringLiteral' ? (first.value as string) : undefined
}

function propertyOf(node: Node): string {
  const { property, computed } = node
  return computed && (property as Node).type !== 'StringLiteral' ? '[]' : nameOfKey(property)
}

function joined(object: string, property: string): string {
  return property === '' || property === 'default' ? object : `${object}.${property}`
}
