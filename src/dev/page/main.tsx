import { render } from 'preact'
import { App, followTitle } from './app'
import { startFeed } from './feed'
import { listenToFiles } from './file'
import { listenToKeys } from './keyboard'
import { restoreTheme } from './theme'
import { followRoute } from './trace/opened'

restoreTheme()
followRoute()
followTitle()
listenToKeys()
listenToFiles()
render(<App />, document.body)
startFeed()
