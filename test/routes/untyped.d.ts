declare module 'koa-mount'
declare module 'koa-route'
declare module 'method-override'
