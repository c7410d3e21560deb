// One process for what needs no application.
import './doctor/envelope'
import './doctor/healthy'
import './doctor/log'
import './doctor/project'
