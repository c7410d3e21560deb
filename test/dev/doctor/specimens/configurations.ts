import type { Files } from '../project'

const json = (value: object) => JSON.stringify(value, null, 2)

/** Whole applications as they stand in public repositories, written from memory; and each place that is to be found. */
export const configurations: Record<string, { files: Files; found: string[] }> = {
  'an Express API in TypeScript that runs by tsx': {
    files: {
      'package.json': json({
        name: 'realworld-api',
        type: 'commonjs',
        scripts: { dev: 'tsx watch src/main.ts', start: 'tsx src/main.ts', build: 'tsc', test: 'vitest run' },
        dependencies: { 'dd-trace': '^5.70.0', express: '^5.0.0', pino: '^9.0.0', 'pino-http': '^10.0.0' },
        devDependencies: { tsx: '^4.0.0', typescript: '^5.0.0', vitest: '^3.0.0' },
      }),
      'tsconfig.json': json({ compilerOptions: { module: 'nodenext', strict: true } }),
      'src/main.ts': `import express from 'express'\nimport { pinoHttp } from 'pino-http'\nimport tracer from 'dd-trace'\nimport { logger } from './logger'\n\ntracer.init({ service: 'realworld-api' })\n\nconst app = express()\napp.use(pinoHttp({ logger }))\napp.listen(process.env.PORT ?? 3000)\n`,
      'src/logger.ts': `import pino from 'pino'\nexport const logger = pino({ level: process.env.LOG_LEVEL ?? 'info' })\n`,
      'src/articles.ts': `import { Router } from 'express'\nexport const articles: Router = Router()\narticles.get('/articles/:slug', async (req, res) => { res.json({ slug: req.params.slug }) })\n`,
      Dockerfile:
        'FROM node:22-alpine AS base\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nENV DD_SERVICE=realworld-api\nENV DD_ENV=production\nEXPOSE 3000\nCMD ["npm", "start"]\n',
      'docker-compose.yml':
        'version: "3.9"\nservices:\n  api:\n    build: .\n    ports:\n      - "3000:3000"\n    environment:\n      DD_ENV: dev\n      DATABASE_URL: postgres://postgres@db/realworld\n    depends_on: [db]\n  db:\n    image: postgres:17\nvolumes:\n  data:\n',
    },
    found: ['tracer-loaded-late src/main.ts:1', 'no-agent docker-compose.yml:3'],
  },

  'a Nest application that does all of it right': {
    files: {
      'package.json': json({
        name: 'nest-shop',
        scripts: {
          build: 'nest build',
          start: 'nest start',
          'start:dev': 'nest start --watch',
          'start:prod': 'node -r dd-trace/init dist/main',
          test: 'jest',
        },
        dependencies: {
          '@nestjs/common': '^11.0.0',
          '@nestjs/core': '^11.0.0',
          'dd-trace': '^5.90.0',
          'nestjs-pino': '^4.0.0',
          'pino-http': '^10.0.0',
        },
        devDependencies: { '@nestjs/cli': '^11.0.0', jest: '^30.0.0', 'ts-jest': '^29.0.0' },
      }),
      'nest-cli.json': json({ collection: '@nestjs/schematics', sourceRoot: 'src' }),
      'src/main.ts': `import { NestFactory } from '@nestjs/core'\nimport { Logger } from 'nestjs-pino'\nimport { AppModule } from './app.module'\n\nasync function bootstrap() {\n  const app = await NestFactory.create(AppModule, { bufferLogs: true })\n  app.useLogger(app.get(Logger))\n  await app.listen(3000)\n}\nbootstrap()\n`,
      'src/app.module.ts': `import { Module } from '@nestjs/common'\nimport { LoggerModule } from 'nestjs-pino'\n\n@Module({ imports: [LoggerModule.forRoot()] })\nexport class AppModule {}\n`,
      Dockerfile:
        'FROM node:22 AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\nFROM node:22-slim\nCOPY --from=build /app /app\nENV DD_SERVICE=nest-shop DD_LOGS_INJECTION=true\nCMD ["node", "-r", "dd-trace/init", "dist/main"]\n',
      'docker-compose.yml':
        'services:\n  app:\n    build: .\n    environment:\n      - DD_AGENT_HOST=datadog\n      - DD_ENV=dev\n  datadog:\n    image: gcr.io/datadoghq/agent:7\n    environment:\n      - DD_API_KEY\n      - DD_LOGS_ENABLED=true\n',
      'package-lock.json': json({ lockfileVersion: 3, packages: { 'node_modules/dd-trace': { version: '5.90.0' } } }),
    },
    found: [],
  },

  'a Koa service in ECMAScript modules under pm2': {
    files: {
      'package.json': json({
        name: 'koa-feed',
        type: 'module',
        scripts: { start: 'node src/index.js', lint: 'eslint .' },
        dependencies: { '@koa/router': '^13.0.0', 'dd-trace': '^5.40.0', koa: '^3.0.0', winston: '^3.0.0' },
      }),
      'src/index.js': `import './tracer.js'\nimport Koa from 'koa'\nimport { logger } from './logger.js'\n\nconst app = new Koa()\napp.use(async ctx => { logger.info('feed'); ctx.body = [] })\napp.listen(3000)\n`,
      'src/tracer.js': `import tracer from 'dd-trace'\nexport default tracer.init({ logInjection: true })\n`,
      'src/logger.js': `import { createLogger, format, transports } from 'winston'\nconst { combine, timestamp, printf, colorize } = format\nexport const logger = createLogger({\n  format: combine(colorize(), timestamp(), printf(info => \`\${info.timestamp} \${info.level}: \${info.message}\`)),\n  transports: [new transports.Console()],\n})\n`,
      'ecosystem.config.cjs': `module.exports = {\n  apps: [\n    {\n      name: 'koa-feed',\n      script: 'src/index.js',\n      instances: 'max',\n      exec_mode: 'cluster',\n      node_args: '--require dd-trace/init',\n      env_production: { NODE_ENV: 'production', DD_SERVICE: 'koa-feed', DD_ENV: 'production' },\n    },\n  ],\n}\n`,
      'package-lock.json': json({ lockfileVersion: 3, packages: { 'node_modules/dd-trace': { version: '5.40.0' } } }),
    },
    found: ['esm-without-import package.json:5', 'winston-text src/logger.js:4', 'pm2-cluster ecosystem.config.cjs:7'],
  },

  'a Next site in a standalone image': {
    files: {
      'package.json': json({
        name: 'next-store',
        scripts: { dev: 'next dev', build: 'next build', start: 'next start', lint: 'next lint' },
        dependencies: { 'dd-trace': '^5.100.0', next: '^15.0.0', pino: '^9.0.0', react: '^19.0.0' },
      }),
      'next.config.mjs': `/** @type {import('next').NextConfig} */\nconst nextConfig = {\n  output: 'standalone',\n  images: { remotePatterns: [] },\n}\nexport default nextConfig\n`,
      'instrumentation.ts': `export async function register() {\n  if (process.env.NEXT_RUNTIME === 'nodejs') {\n    const tracer = await import('dd-trace')\n    tracer.default.init()\n  }\n}\n`,
      'app/page.tsx': `import { logger } from '../lib/logger'\n\nexport default async function Page() {\n  logger.info('home')\n  return <main>Store</main>\n}\n`,
      'lib/logger.ts': `import pino from 'pino'\nexport const logger = pino()\n`,
      Dockerfile:
        'FROM node:22-alpine\nWORKDIR /app\nCOPY .next/standalone ./\nENV NODE_ENV=production\nENV DD_SERVICE="Next Store"\nCMD ["node", "server.js"]\n',
    },
    found: ['bundled next.config.mjs:3', 'service-not-normal Dockerfile:5'],
  },

  'a function on AWS with two tracers': {
    files: {
      'package.json': json({
        name: 'thumbnailer',
        scripts: { deploy: 'serverless deploy', test: 'node --test' },
        dependencies: { '@acme/tracing': '^1.0.0', 'dd-trace': '^5.110.0', pino: '^9.0.0' },
        devDependencies: { serverless: '^4.0.0', 'serverless-esbuild': '^1.0.0' },
      }),
      'serverless.yml':
        'service: thumbnailer\n\nprovider:\n  name: aws\n  runtime: nodejs22.x\n  environment:\n    DD_TRACE_ENABLED: "true"\n\nplugins:\n  - serverless-esbuild\n\nfunctions:\n  resize:\n    handler: src/resize.handler\n',
      'src/resize.js': `const tracer = require('dd-trace').init()\nconst pino = require('pino')\nconst logger = pino()\n\nexports.handler = async event => {\n  const context = tracer.scope().active()?.context()\n  logger.info({ traceId: context?.toTraceId(), key: event.key }, 'resizing')\n}\n`,
      'package-lock.json': json({
        lockfileVersion: 3,
        packages: {
          'node_modules/dd-trace': { version: '5.110.0' },
          'node_modules/@acme/tracing/node_modules/dd-trace': { version: '5.60.0' },
        },
      }),
    },
    found: ['lambda-lines serverless.yml:4', 'two-tracers package-lock.json:7', 'other-key src/resize.js:7'],
  },
}
