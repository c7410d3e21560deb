import { Icon } from '../icon'
import { copy } from '../say'
import { Stack } from '../stack'
import type { Node } from './tree'

/** Type, message and stack of a failed span, under its row. */
export function ErrorBox({ node }: { node: Node }) {
  const { meta } = node.span
  const type = meta['error.type'] ?? ''
  const message = meta['error.message'] ?? meta['error.msg'] ?? ''
  const stack = framesOf(meta['error.stack'] ?? '')
  if (!type && !message && !stack) return null
  return (
    <div role="row" class="error-row">
      <div role="gridcell" class="error-box">
        <button
          type="button"
          class="icon-button"
          aria-label="Copy the stack"
          title="Copy the stack"
          onClick={() => copy(meta['error.stack'] || `${type}: ${message}`, 'the stack')}
        >
          <Icon name="copy" />
        </button>
        <p>
          <b>{type || 'Error'}</b> {message.slice(0, 2000)}
        </p>
        {stack && <Stack stack={stack} />}
      </div>
    </div>
  )
}

/** The frames of a stack. Its type and message are left out, because the box shows them already. */
function framesOf(stack: string): string {
  const first = stack.search(/^\s+at /m)
  return first < 0 ? stack : stack.slice(first).replace(/^\n/, '')
}
