// One process for all tests that need no separate process.
import './tags/bounded'
import './tags/client-ip'
import './tags/error-fields'
import './tags/error-statuses'
import './tags/header-tags'
import './tags/endpoint'
import './tags/url'
import './tags/query-string'
