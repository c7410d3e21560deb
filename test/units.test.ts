// One process for what needs none of its own.
import './units/bounded'
import './units/client-ip'
import './units/error-fields'
import './units/error-statuses'
import './units/header-tags'
import './units/http-endpoint'
import './units/http-url'
import './units/query-string'
