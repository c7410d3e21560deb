// Callbacks know what is on Koa's `ctx`.
import Koa from 'koa'
import { recordErrors, spanlog } from 'spanlog/koa'

interface State {
  user?: { id: string }
}

const app = new Koa<State>()
app.use(
  spanlog({
    fields: ctx => ({ user: ctx.state.user?.id, ip: ctx.ip, q: ctx.query.q, team: ctx.get('x-team') }),
    skip: ctx => ctx.path === '/health',
    hooks: {
      request: (span, req, res, ctx) => {
        span.setTag('user', ctx.state.user?.id)
        span.setTag('seen', `${req.url} ${res.statusCode} ${ctx.ip}`)
      },
    },
  }),
)
app.use(recordErrors())
app.use(spanlog<Koa.ParameterizedContext<State>>({ fields: ctx => ({ user: ctx.state.user?.id, ip: ctx.ip }) }))
app.use(spanlog({ fields: (ctx: Koa.ParameterizedContext<State>) => ({ user: ctx.state.user?.id }) }))

// @ts-expect-error `user` has no such property
spanlog<Koa.ParameterizedContext<State>>({ fields: ctx => ({ user: ctx.state.user?.name }) })
