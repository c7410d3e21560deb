// One process for what needs no application.
import './doctor/log'
import './doctor/project'
