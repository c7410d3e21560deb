// What one writes by hand with dd-trace and pino when one needs a span and a correlated logger today. The yardstick.

export const minimum = {
  express: (tracer, logger) => (req, res, next) => {
    const span = startSpan(tracer, req, req.originalUrl)
    req.log = childOf(tracer, span, logger)
    res.once('close', () => endSpan(span, req.method, res.statusCode, req.baseUrl + (req.route?.path ?? '')))
    tracer.scope().activate(span, next)
  },
  koa: (tracer, logger) => async (ctx, next) => {
    const span = startSpan(tracer, ctx.req, ctx.originalUrl)
    ctx.log = childOf(tracer, span, logger)
    ctx.res.once('close', () => endSpan(span, ctx.method, ctx.status, ctx._matchedRoute ?? ''))
    await tracer.scope().activate(span, next)
  },
}

/** The tracer's own floor: the same span with the same tags, extracted, activated and exported, and nothing to log with. */
export const spanOnly = {
  express: tracer => (req, res, next) => {
    const span = startSpan(tracer, req, req.originalUrl)
    res.once('close', () => endSpan(span, req.method, res.statusCode, req.baseUrl + (req.route?.path ?? '')))
    tracer.scope().activate(span, next)
  },
  koa: tracer => (ctx, next) => {
    const span = startSpan(tracer, ctx.req, ctx.originalUrl)
    ctx.res.once('close', () => endSpan(span, ctx.method, ctx.status, ctx._matchedRoute ?? ''))
    return tracer.scope().activate(span, next)
  },
}

function startSpan(tracer, req, url) {
  return tracer.startSpan('web.request', {
    childOf: tracer.extract('http_headers', req.headers),
    tags: {
      'span.kind': 'server',
      'span.type': 'web',
      'http.method': req.method,
      'http.url': `http://${req.headers.host}${url}`,
      'http.useragent': req.headers['user-agent'],
    },
  })
}

function childOf(tracer, span, logger) {
  const fields = {}
  tracer.inject(span, 'log', fields)
  return logger.child(fields)
}

function endSpan(span, method, status, route) {
  span.addTags({ 'http.status_code': status, 'http.route': route, 'resource.name': `${method} ${route}` })
  if (status >= 500) span.setTag('error', true)
  span.finish()
}
