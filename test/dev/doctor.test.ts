// One process for what needs no application.
import './doctor/causes'
import './doctor/envelope'
import './doctor/healthy'
import './doctor/log'
import './doctor/project'
