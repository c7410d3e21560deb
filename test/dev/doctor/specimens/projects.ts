import type { Files } from '../project'

interface Specimens {
  sick: Record<string, Files>
  well: Record<string, Files>
}

const json = (value: object) => JSON.stringify(value, null, 2)

/** A package.json of an application with dd-trace and pino. */
const app = (more: object = {}, dependencies: object = {}) =>
  json({
    name: 'shop',
    dependencies: { 'dd-trace': '^5.100.0', pino: '^10.0.0', express: '^5.0.0', ...dependencies },
    ...more,
  })

const lock = (...versions: string[]) =>
  json({
    lockfileVersion: 3,
    packages: Object.fromEntries(
      versions.map((version, n) => [`${n ? 'node_modules/@acme/tracing/' : ''}node_modules/dd-trace`, { version }]),
    ),
  })

/** An application whose tests run by this command. */
const jest = (test: string) => ({ 'package.json': app({ scripts: { test } }, { jest: '^30.0.0' }) })

const plain = `require('dd-trace').init()\nconst pino = require('pino')\nconst logger = pino()\nlogger.info('up')\n`
const preloaded = { scripts: { start: 'node --require dd-trace/init app.js' } }
const spanlog = { spanlog: '^0.2.0' }

export const projects: Record<string, Specimens> = {
  'tracer-loaded-late': {
    sick: {
      'a require above init()': {
        'package.json': app(),
        'app.js': `const pino = require('pino')\nrequire('dd-trace').init()\n`,
      },
      'an import above it': {
        'package.json': app(),
        'src/server.ts': `import pino from 'pino'\nimport tracer from 'dd-trace'\ntracer.init()\npino().info('up')\n`,
      },
      'a file of the application that loads a logger, above it': {
        'package.json': app(),
        'src/log.ts': `import pino from 'pino'\nexport const log = pino()\n`,
        'src/config.ts': `import { log } from './log'\nlog.info('config')\n`,
        'src/server.ts': `import './config'\nimport tracer from 'dd-trace'\ntracer.init()\n`,
      },
      'the file that starts the tracer imported second': {
        'package.json': app(),
        'src/tracer.ts': `import tracer from 'dd-trace'\ntracer.init()\nexport default tracer\n`,
        'src/server.ts': `import express from 'express'\nimport './tracer'\nexpress()\n`,
      },
    },
    well: {
      'dd-trace loaded first, and started after the imports': {
        'package.json': app(),
        'src/server.ts': `import tracer from 'dd-trace'\nimport pino from 'pino'\ntracer.init()\npino().info('up')\n`,
      },
      'init() first': { 'package.json': app(), 'app.js': plain },
      'the file that starts the tracer imported first': {
        'package.json': app(),
        'src/tracer.ts': `import tracer from 'dd-trace'\ntracer.init()\nexport default tracer\n`,
        'src/server.ts': `import './tracer'\nimport express, { type Request } from 'express'\nimport type { Logger } from 'pino'\nexpress()\n`,
      },
      'ECMAScript modules whose loader is registered by their own file': {
        'package.json': app({ type: 'module', scripts: { start: 'node --import ./register.js server.js' } }),
        'server.js': `import pino from 'pino'\nimport tracer from 'dd-trace'\ntracer.init()\npino().info('up')\n`,
      },
      'types only above it': {
        'package.json': app(),
        'src/server.ts': `import type { Logger } from 'pino'\nimport tracer from 'dd-trace'\ntracer.init()\n`,
      },
      'loaded by a flag': {
        'package.json': app({ scripts: { start: 'node --require dd-trace/init app.js' } }),
        'app.js': `const pino = require('pino')\nconst tracer = require('dd-trace').init()\n`,
      },
      'spanlog writes the ids': {
        'package.json': app({}, spanlog),
        'app.js': `const pino = require('pino')\nrequire('dd-trace').init()\n`,
      },
    },
  },
  'esm-without-import': {
    sick: {
      'a start script': {
        'package.json': app({ type: 'module', scripts: { start: 'node server.js' } }),
        'server.js': `import './tracer.js'\n`,
      },
      'a Dockerfile': {
        'package.json': app({ type: 'module' }),
        Dockerfile: 'FROM node:22\nCMD ["node", "server.js"]\n',
      },
      'only --require': { 'package.json': app({ scripts: { start: 'node -r dd-trace/init server.mjs' } }) },
    },
    well: {
      'with --import': {
        'package.json': app({ type: 'module', scripts: { start: 'node --import dd-trace/initialize.mjs server.js' } }),
      },
      'by NODE_OPTIONS': {
        'package.json': app({ type: 'module', scripts: { start: 'node server.js' } }),
        Dockerfile:
          'FROM node:22\nENV NODE_OPTIONS="--import dd-trace/register.js --require dd-trace/init"\nCMD ["node", "server.js"]\n',
      },
      CommonJS: { 'package.json': app({ scripts: { start: 'node server.js' } }), 'server.js': plain },
      'a .cjs file in a module package': {
        'package.json': app({ type: 'module', scripts: { start: 'node server.cjs' } }),
      },
    },
  },
  'tsx-loader': {
    sick: {
      tsx: { 'package.json': app({ type: 'module', scripts: { start: 'tsx src/server.ts' } }) },
      'with --require only': {
        'package.json': app({ type: 'module', scripts: { start: 'node -r dd-trace/init --import tsx src/server.ts' } }),
      },
      'ts-node in an image': { 'package.json': app(), Dockerfile: 'CMD ["npx", "ts-node-esm", "src/server.mts"]\n' },
    },
    well: {
      'beside the loader of dd-trace': {
        'package.json': app({
          type: 'module',
          scripts: { start: 'node --import dd-trace/initialize.mjs --import tsx src/server.ts' },
        }),
      },
      'in CommonJS': { 'package.json': app({ scripts: { start: 'tsx src/server.ts' } }) },
      'for a seed only': {
        'package.json': app({ scripts: { start: 'node dist/server.js', 'db:seed': 'tsx seed.mts' } }),
      },
    },
  },
  bundled: {
    sick: {
      'by esbuild': {
        'package.json': app(),
        'build.mjs': `import { build } from 'esbuild'\nawait build({ entryPoints: ['src/server.ts'], bundle: true, platform: 'node', outfile: 'out.js' })\n`,
      },
      'by a script': {
        'package.json': app({
          scripts: { build: 'esbuild src/server.ts --bundle --platform=node --outfile=dist/server.js' },
        }),
      },
      'by ncc': { 'package.json': app({ scripts: { build: 'ncc build src/server.js -o dist' } }) },
      'by webpack': {
        'package.json': app(),
        'webpack.config.js': `module.exports = { target: 'node', entry: './src/server.js', mode: 'production' }\n`,
      },
      'by Next': { 'package.json': app(), 'next.config.js': `module.exports = { output: 'standalone' }\n` },
    },
    well: {
      'by esbuild with the plugin': {
        'package.json': app(),
        'build.js': `const esbuild = require('esbuild')\nconst ddPlugin = require('dd-trace/esbuild')\nesbuild.build({ entryPoints: ['src/server.ts'], bundle: true, platform: 'node', plugins: [ddPlugin], external: ['graphql'] })\n`,
      },
      'by a script that leaves packages out': {
        'package.json': app({
          scripts: { build: 'esbuild src/server.ts --bundle --platform=node --packages=external' },
        }),
      },
      'by webpack with externals': {
        'package.json': app(),
        'webpack.config.js': `module.exports = { target: 'node', externals: [require('webpack-node-externals')()] }\n`,
      },
      'for the browser': {
        'package.json': app(),
        'webpack.config.js': `module.exports = { target: 'web', entry: './page.js' }\n`,
      },
      'by Next with external packages': {
        'package.json': app(),
        'next.config.js': `module.exports = { output: 'standalone', serverExternalPackages: ['dd-trace', 'pino'] }\n`,
      },
    },
  },
  'two-tracers': {
    sick: {
      'in package-lock.json': { 'package.json': app(), 'package-lock.json': lock('5.132.0', '5.80.0') },
      'in yarn.lock': {
        'package.json': app(),
        'yarn.lock': `dd-trace@^5.0.0:\n  version "5.132.0"\n  resolved "x"\n\n"dd-trace@^5.80.0":\n  version "5.80.0"\n`,
      },
      'in pnpm-lock.yaml': {
        'package.json': app(),
        'pnpm-lock.yaml': `packages:\n\n  dd-trace@5.132.0:\n    engines: {node: '>=18'}\n\n  dd-trace@5.80.0:\n    engines: {node: '>=18'}\n\nsnapshots:\n\n  dd-trace@5.132.0:\n    dependencies: {}\n\n  dd-trace@5.80.0:\n    dependencies: {}\n`,
      },
    },
    well: {
      'one in package-lock.json': { 'package.json': app(), 'package-lock.json': lock('5.132.0') },
      'one in pnpm-lock.yaml': {
        'package.json': app(),
        'pnpm-lock.yaml': `packages:\n\n  dd-trace@5.132.0:\n    engines: {node: '>=18'}\n\nsnapshots:\n\n  dd-trace@5.132.0:\n    dependencies: {}\n`,
      },
      'one each in two applications': {
        'package.json': app(),
        'package-lock.json': lock('5.132.0'),
        'admin/package-lock.json': lock('5.100.0'),
      },
    },
  },
  'injection-off': {
    sick: {
      'in a Dockerfile': { 'package.json': app(), Dockerfile: 'FROM node:22\nENV DD_LOGS_INJECTION=false\n' },
      'in compose': {
        'package.json': app(),
        'compose.yaml':
          'services:\n  shop:\n    environment:\n      DD_LOGS_INJECTION: "false"\n      DD_AGENT_HOST: agent\n',
      },
      'in code': { 'package.json': app(), 'app.js': `require('dd-trace').init({ logInjection: false })\n` },
    },
    well: {
      on: { 'package.json': app(), Dockerfile: 'FROM node:22\nENV DD_LOGS_INJECTION=true\n' },
      'spanlog writes the ids': {
        'package.json': app({}, spanlog),
        Dockerfile: 'FROM node:22\nENV DD_LOGS_INJECTION=false\n',
      },
      'for the tests only': { 'package.json': app(), '.env.test': 'DD_LOGS_INJECTION=false\n' },
      'in a comment': { 'package.json': app(), Dockerfile: 'FROM node:22\n# ENV DD_LOGS_INJECTION=false\n' },
    },
  },
  'old-tracer': {
    sick: {
      '4.55 in the lock file': { 'package.json': app(), 'package-lock.json': lock('4.55.0') },
      '5.57': { 'package.json': app(), 'package-lock.json': lock('5.57.1') },
    },
    well: {
      '5.58': { 'package.json': app(), 'package-lock.json': lock('5.58.0') },
      'switched on': { 'package.json': app(), 'package-lock.json': lock('4.55.0'), '.env': 'DD_LOGS_INJECTION=true\n' },
      'switched on in code': {
        'package.json': app(),
        'package-lock.json': lock('4.55.0'),
        'app.ts': `import tracer from 'dd-trace'\ntracer.init({ logInjection: true })\n`,
      },
    },
  },
  'tracer-off': {
    sick: {
      'in a Procfile': { 'package.json': app(), Procfile: 'web: DD_TRACE_ENABLED=false node app.js\n' },
      'in Kubernetes': {
        'package.json': app(),
        'k8s/shop.yaml':
          'spec:\n  containers:\n    - name: shop\n      env:\n        - name: DD_TRACE_ENABLED\n          value: "false"\n',
      },
    },
    well: {
      on: { 'package.json': app(), Procfile: 'web: DD_TRACE_ENABLED=true node app.js\n' },
      'for the tests only': { 'package.json': app(), '.env.test': 'DD_TRACE_ENABLED=false\n' },
    },
  },
  'tracer-needs-newer-node': {
    sick: {
      'dd-trace 6 in the lock file, Node 20 in the last stage of the Dockerfile': {
        'package.json': app(preloaded),
        'package-lock.json': lock('6.21.0'),
        Dockerfile: 'FROM node:22 AS build\nFROM --platform=linux/amd64 node:20-slim\nCMD ["npm", "start"]\n',
      },
      'Node 20 in a distroless image, and the preload in it': {
        'package.json': app(),
        'pnpm-lock.yaml': 'packages:\n  dd-trace@6.21.0:\n',
        Dockerfile: 'FROM gcr.io/distroless/nodejs20-debian12\nENV NODE_OPTIONS="--import dd-trace/initialize.mjs"\n',
      },
      'dd-trace in node_modules, Node in .nvmrc': {
        'package.json': app(preloaded),
        'node_modules/dd-trace/package.json': json({ version: '6.21.0', engines: { node: '>=22' } }),
        '.nvmrc': 'v20.20.2\n',
      },
      'in .node-version, started by an import': {
        'package.json': app(),
        'package-lock.json': lock('6.0.0'),
        'app.js': `require('dd-trace/init')\nrequire('express')()\n`,
        '.node-version': '20\n',
      },
      'in package.json': {
        'package.json': app({ ...preloaded, engines: { npm: '10', node: '20.x' } }),
        'package-lock.json': lock('6.21.0'),
      },
    },
    well: {
      'Node 22': { 'package.json': app(preloaded), 'package-lock.json': lock('6.21.0'), Dockerfile: 'FROM node:22\n' },
      'dd-trace 5': { 'package.json': app(preloaded), 'package-lock.json': lock('5.132.0'), '.nvmrc': '20\n' },
      'a range that a newer Node satisfies': {
        'package.json': app({ ...preloaded, engines: { node: '>=20' } }),
        'package-lock.json': lock('6.21.0'),
      },
      'the Dockerfile decides, not package.json': {
        'package.json': app({ ...preloaded, engines: { node: '20' } }),
        'package-lock.json': lock('6.21.0'),
        Dockerfile: 'FROM node:24\n',
      },
      'an image whose version is not written': {
        'package.json': app(preloaded),
        'package-lock.json': lock('6.21.0'),
        Dockerfile: 'FROM node:lts\n',
      },
      'started by code, which does not compare versions': {
        'package.json': app(),
        'package-lock.json': lock('6.21.0'),
        'app.js': plain,
        '.nvmrc': '20\n',
      },
    },
  },
  'jest-modules': {
    sick: {
      'dd-trace 5.110': { ...jest("NODE_OPTIONS='-r dd-trace/ci/init' jest"), 'package-lock.json': lock('5.110.0') },
      'dd-trace 6.12': { ...jest('jest --setupFiles dd-trace/init'), 'package-lock.json': lock('6.12.0') },
    },
    well: {
      'dd-trace 5.132': { ...jest("NODE_OPTIONS='-r dd-trace/ci/init' jest"), 'package-lock.json': lock('5.132.0') },
      'tests without a tracer': { ...jest('jest'), 'package-lock.json': lock('5.110.0') },
    },
  },
  'pm2-cluster': {
    sick: {
      'dd-trace 5.110': {
        'package.json': app(),
        'package-lock.json': lock('5.110.0'),
        'ecosystem.config.js': `module.exports = {\n  apps: [{\n    script: 'app.js',\n    instances: 'max',\n    exec_mode: 'cluster',\n    node_args: '--require dd-trace/init',\n    env: { DD_SERVICE: 'shop' },\n  }],\n}\n`,
      },
      'in JSON': {
        'package.json': app(),
        'package-lock.json': lock('5.100.0'),
        'ecosystem.json': json({
          apps: [
            { script: 'app.js', exec_mode: 'cluster', node_args: '-r dd-trace/init', env: { DD_SERVICE: 'shop' } },
          ],
        }),
      },
    },
    well: {
      'dd-trace 5.132': {
        'package.json': app(),
        'package-lock.json': lock('5.132.0'),
        'ecosystem.config.js': `module.exports = { apps: [{ exec_mode: 'cluster', node_args: '--require dd-trace/init', env: { DD_SERVICE: 'shop' } }] }\n`,
      },
      'in fork mode': {
        'package.json': app(),
        'package-lock.json': lock('5.110.0'),
        'ecosystem.config.js': `module.exports = { apps: [{ exec_mode: 'fork', instances: 2, node_args: '--require dd-trace/init', env: { DD_SERVICE: 'shop' } }] }\n`,
      },
      'with the tracer in code': {
        'package.json': app(),
        'package-lock.json': lock('5.110.0'),
        'ecosystem.config.js': `module.exports = { apps: [{ script: 'app.js', exec_mode: 'cluster', env: { DD_SERVICE: 'shop' } }] }\n`,
        'app.js': plain,
      },
    },
  },
  'http-transport': {
    sick: {
      'by its full name': {
        'package.json': app(),
        'log.js': `const winston = require('winston')\nwinston.createLogger({ transports: [new winston.transports.Http({ host: 'http-intake.logs.datadoghq.com' })] })\n`,
      },
      'by its own name': {
        'package.json': app(),
        'log.ts': `import { createLogger, transports } from 'winston'\nconst { Http } = transports\ncreateLogger({ transports: [new Http({ host: 'x' })] })\n`,
      },
    },
    well: {
      'to the console': {
        'package.json': app(),
        'log.js': `const winston = require('winston')\nwinston.createLogger({ transports: [new winston.transports.Console()] })\n`,
      },
    },
  },
  'worker-thread': {
    sick: {
      'a worker with a logger': {
        'package.json': app(),
        'app.js': `const { Worker } = require('node:worker_threads')\nnew Worker('./resize.js')\n`,
        'resize.js': `require('pino')().info('resizing')\n`,
      },
    },
    well: {
      'a worker with a tracer': {
        'package.json': app(),
        'app.js': `const { Worker } = require('node:worker_threads')\nnew Worker('./resize.js')\n`,
        'resize.js': plain,
      },
      'a worker that does not log': {
        'package.json': app(),
        'app.mjs': `import { Worker } from 'node:worker_threads'\nnew Worker(new URL('./resize.js', import.meta.url))\n`,
        'resize.js': `module.exports = 1\n`,
      },
    },
  },
  'no-agent': {
    sick: {
      'compose without a host': {
        'package.json': app(),
        'docker-compose.yml':
          'services:\n  db:\n    image: postgres\n  shop:\n    build: .\n    environment:\n      - DD_SERVICE=shop\n',
      },
      'a URL without http://': { 'package.json': app(), '.env': 'DD_TRACE_AGENT_URL=datadog-agent:8126\n' },
    },
    well: {
      'compose with a host': {
        'package.json': app(),
        'docker-compose.yml':
          'services:\n  agent:\n    image: gcr.io/datadoghq/agent:7\n    environment:\n      - DD_API_KEY\n  shop:\n    build: .\n    environment:\n      - DD_SERVICE=shop\n      - DD_AGENT_HOST=agent\n',
      },
      'a socket': { 'package.json': app(), '.env': 'DD_TRACE_AGENT_URL=unix:///var/run/datadog/apm.socket\n' },
    },
  },
  'unsupported-logger': {
    sick: {
      tslog: {
        'package.json': json({ dependencies: { 'dd-trace': '5', tslog: '5' } }),
        'app.ts': `import { Logger } from 'tslog'\nnew Logger().info('up')\n`,
      },
      'console alone': {
        'package.json': json({ dependencies: { 'dd-trace': '5', express: '5' } }),
        'app.js': `require('dd-trace').init()\nconsole.log('up')\n`,
      },
      "Nest's": {
        'package.json': json({ dependencies: { 'dd-trace': '5', '@nestjs/common': '11' } }),
        'app.ts': `import { Logger } from '@nestjs/common'\nexport class Posts { private readonly logger = new Logger('posts') }\n`,
      },
    },
    well: {
      'pino beside console': { 'package.json': app(), 'app.js': `${plain}console.log('up')\n` },
      'spanlog writes the ids': {
        'package.json': json({ dependencies: { 'dd-trace': '5', spanlog: '*', tslog: '5' } }),
        'app.ts': `import { Logger } from 'tslog'\nnew Logger().info('up')\n`,
      },
    },
  },
  'lambda-lines': {
    sick: {
      'serverless without the plugin': {
        'package.json': app(),
        'serverless.yml': 'service: shop\nprovider:\n  name: aws\n  runtime: nodejs22.x\n',
      },
    },
    well: {
      'serverless with the plugin': {
        'package.json': app({ devDependencies: { 'serverless-plugin-datadog': '5' } }),
        'serverless.yml':
          'service: shop\nprovider:\n  name: aws\n  runtime: nodejs22.x\nplugins:\n  - serverless-plugin-datadog\n',
      },
    },
  },
  'numeric-ids': {
    sick: {
      'Number() around an id': {
        'package.json': app(),
        'log.js': `const ids = span => ({ dd: { trace_id: Number(span.context().toTraceId()) } })\n`,
      },
    },
    well: {
      'the id itself': {
        'package.json': app(),
        'log.js': `const ids = span => ({ dd: { trace_id: span.context().toTraceId() } })\nconst port = Number(process.env.PORT)\n`,
      },
    },
  },
  'other-key': {
    sick: {
      traceId: {
        'package.json': app(),
        'log.ts': `export const ids = (span: any) => ({ traceId: span.context().toTraceId() })\n`,
      },
    },
    well: {
      trace_id: {
        'package.json': app(),
        'log.ts': `export const ids = (span: any) => ({ dd: { trace_id: span.context().toTraceId() } })\n`,
      },
    },
  },
  'winston-text': {
    sick: {
      simple: {
        'package.json': app(),
        'log.js': `const winston = require('winston')\nwinston.createLogger({ format: winston.format.simple(), transports: [] })\n`,
      },
      'printf in a combine': {
        'package.json': app(),
        'log.ts': `import { createLogger, format } from 'winston'\nconst { combine, timestamp, printf } = format\ncreateLogger({ format: combine(timestamp(), printf(({ level, message }) => \`\${level} \${message}\`)) })\n`,
      },
    },
    well: {
      json: {
        'package.json': app(),
        'log.js': `const winston = require('winston')\nwinston.createLogger({ format: winston.format.combine(winston.format.timestamp(), winston.format.json()) })\n`,
      },
      'printf that writes JSON': {
        'package.json': app(),
        'log.js': `const { createLogger, format } = require('winston')\ncreateLogger({ format: format.printf(info => JSON.stringify(info)) })\n`,
      },
    },
  },
  'service-not-normal': {
    sick: { capitals: { 'package.json': app(), Dockerfile: 'FROM node:22\nENV DD_SERVICE="My Shop" DD_ENV=prod\n' } },
    well: {
      'lower case': {
        'package.json': app(),
        Dockerfile: 'FROM node:22\nENV DD_SERVICE=my-shop DD_ENV=$ENVIRONMENT\n',
      },
    },
  },
  'service-differs': {
    sick: {
      'a label of Kubernetes': {
        'package.json': app(),
        'k8s.yaml':
          'metadata:\n  labels:\n    tags.datadoghq.com/service: shop-web\nspec:\n  containers:\n    - env:\n        - name: DD_SERVICE\n          value: shop\n',
      },
    },
    well: {
      'the same label': {
        'package.json': app(),
        'k8s.yaml':
          'metadata:\n  labels:\n    tags.datadoghq.com/service: shop\nspec:\n  containers:\n    - env:\n        - name: DD_SERVICE\n          value: shop\n',
      },
    },
  },
}
