import tracer from 'dd-trace'

tracer.init()
