import { Component, type FunctionComponent, h } from 'preact'

/** A view that is drawn again only when one of its properties has changed. */
export function memo<Props extends object>(view: (props: Props) => preact.JSX.Element): FunctionComponent<Props> {
  class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      return differ(this.props, next)
    }
    render() {
      return view(this.props)
    }
  }
  return (props: Props) => h(Memo, props)
}

function differ<Props extends object>(before: Props, after: Props): boolean {
  for (const name in after) if (after[name] !== before[name]) return true
  return false
}
