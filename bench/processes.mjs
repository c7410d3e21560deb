// The processes of a run, and how to talk to them.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const file = name => fileURLToPath(new URL(name, import.meta.url))

export class Process {
  constructor(name, argument = {}, { execPath = process.execPath, execArgv = [] } = {}) {
    this.child = fork(file(name), [JSON.stringify(argument)], { execPath, execArgv })
    this.child.on('exit', code => {
      if (code) throw new Error(`${name} ${JSON.stringify(argument)} ended with ${code}`)
    })
  }

  async told() {
    const [message] = await once(this.child, 'message')
    return message
  }

  ask(message) {
    this.child.send(message)
    return this.told()
  }

  end() {
    if (this.child.connected) this.child.disconnect()
  }
}
