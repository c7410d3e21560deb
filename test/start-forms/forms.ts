/** A way to start an application with dd-trace, and what the spans of its requests are then called. */
export interface Form {
  readonly title: string
  /** The folder of the application: beside this file, or `typescript-commonjs`, which is `typescript` without `"type": "module"`. */
  readonly folder: 'commonjs' | 'javascript' | 'typescript' | 'typescript-commonjs'
  /** What follows `node`. */
  readonly args: string[]
  /** What dd-trace's integration calls the span of an Express request, else `web.request`. */
  readonly express: 'express.request' | 'web.request'
  readonly koa: 'koa.request' | 'web.request'
  /** More environment variables. */
  readonly env?: { [name: string]: string }
  /** The oldest Node that knows the form. */
  readonly since?: number
}

const initialize = ['--import', 'dd-trace/initialize.mjs']
const preload = ['-r', 'dd-trace/init']
const register = ['--import', 'dd-trace/register.js']
const tsx = ['--import', 'tsx']

export const forms: Form[] = [
  {
    title: 'CommonJS, tracer first',
    folder: 'commonjs',
    args: ['with-tracer.js'],
    express: 'express.request',
    koa: 'koa.request',
  },
  {
    title: 'CommonJS, -r dd-trace/init',
    folder: 'commonjs',
    args: [...preload, 'app.js'],
    express: 'express.request',
    koa: 'koa.request',
  },
  {
    title: 'CommonJS, --import dd-trace/initialize.mjs',
    folder: 'commonjs',
    args: [...initialize, 'app.js'],
    express: 'express.request',
    koa: 'koa.request',
  },
  {
    title: 'ESM, --import dd-trace/initialize.mjs',
    folder: 'javascript',
    args: [...initialize, 'app.js'],
    express: 'express.request',
    koa: 'koa.request',
  },
  {
    title: 'ESM, --import dd-trace/register.js and ./tracer.js imported first',
    folder: 'javascript',
    args: [...register, 'with-tracer.js'],
    express: 'express.request',
    koa: 'koa.request',
  },
  {
    title: 'ESM, -r dd-trace/init',
    folder: 'javascript',
    args: [...preload, 'app.js'],
    express: 'express.request',
    koa: 'web.request',
  },
  {
    title: 'ESM, ./tracer.js imported first',
    folder: 'javascript',
    args: ['with-tracer.js'],
    express: 'express.request',
    koa: 'web.request',
  },
  {
    title: 'ESM, dd-trace/init.js imported first',
    folder: 'javascript',
    args: ['with-init.js'],
    express: 'express.request',
    koa: 'web.request',
  },
  {
    title: 'ESM, the application imported by import() after init()',
    folder: 'javascript',
    args: ['with-dynamic-import.js'],
    express: 'express.request',
    koa: 'web.request',
  },
  {
    title: 'tsx, ESM, ./tracer.ts imported first',
    folder: 'typescript',
    args: [...tsx, 'with-tracer.ts'],
    express: 'express.request',
    koa: 'web.request',
  },
  {
    title: 'tsx, ESM, --import dd-trace/initialize.mjs',
    folder: 'typescript',
    args: [...tsx, ...initialize, 'app.ts'],
    express: 'express.request',
    koa: 'koa.request',
  },
  {
    title: 'tsx, ESM, -r dd-trace/init',
    folder: 'typescript',
    args: [...preload, ...tsx, 'app.ts'],
    express: 'express.request',
    koa: 'web.request',
  },
  {
    title: 'tsx, CommonJS, ./tracer.ts imported first',
    folder: 'typescript-commonjs',
    args: [...tsx, 'with-tracer.ts'],
    express: 'express.request',
    koa: 'koa.request',
  },
  {
    title: 'Type stripping, ./tracer.ts imported first',
    folder: 'typescript',
    args: ['with-tracer.ts'],
    express: 'express.request',
    koa: 'web.request',
    since: 22,
  },
  {
    title: 'Type stripping, --import dd-trace/initialize.mjs',
    folder: 'typescript',
    args: [...initialize, 'app.ts'],
    express: 'express.request',
    koa: 'koa.request',
    since: 22,
  },
  {
    title: 'Type stripping, -r dd-trace/init',
    folder: 'typescript',
    args: [...preload, 'app.ts'],
    express: 'express.request',
    koa: 'web.request',
    since: 22,
  },
  {
    title: 'ESM, --import dd-trace/initialize.mjs, with the integrations of Express and Koa switched off',
    folder: 'javascript',
    args: [...initialize, 'app.js'],
    env: { DD_TRACE_EXPRESS_ENABLED: 'false', DD_TRACE_KOA_ENABLED: 'false' },
    express: 'web.request',
    koa: 'web.request',
  },
]
