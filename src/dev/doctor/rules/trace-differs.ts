import { isLinked, type Line } from '../line'
import { ofSetting } from '../project/find'
import type { Place } from '../project/place'
import type { Project } from '../project/project'
import { differingNames, normalised } from './names'
import type { Rule } from './rule'

const unifiedTags = 'https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/'
const logsTroubleshooting = 'https://docs.datadoghq.com/logs/troubleshooting/'

/** Datadog reads the ids, but another part of the line does not fit its trace. */
export const traceDiffers: readonly Rule[] = [
  {
    code: 'service-not-normal',
    title: 'Datadog spells this service or env differently on spans',
    why: 'Datadog stores the service and env of a span in lower case, with `_` for spaces and other signs. On a line it stores them unchanged. So they look like two services, and the lines are missing from the service of the span.',
    looks: '{"msg":"loading","dd":{"trace_id":"6b02cac80000000072ed2db9f17da9fe","service":"My Shop","env":"Prod"}}',
    fix: { any: 'DD_SERVICE=my-shop   # lower case, digits, and . _ : / -\nDD_ENV=prod' },
    sources: [unifiedTags, 'https://github.com/DataDog/dd-trace-js/issues/2277'],
    line: ({ service, env, text }) => {
      for (const [key, value] of [
        ['service', service],
        ['env', env],
      ]) {
        if (typeof value === 'string' && value && normalised(value) !== value)
          return wordsOf(text, key as string, value)
      }
      return undefined
    },
    project: ({ settings }) =>
      settings
        .filter(({ name, value }) => /^DD_(?:SERVICE|ENV)$/.test(name) && isName(value) && normalised(value) !== value)
        .map(ofSetting),
  },
  {
    code: 'service-differs',
    title: 'The line names another service than its trace',
    why: 'Datadog reads `service` before `dd.service`. So the line belongs to one service, and its span to another.',
    looks:
      '{"service":"user-service","msg":"loading","dd":{"trace_id":"6b02cac80000000072ed2db9f17da9fe","service":"shop"}}',
    fix: {
      any: 'DD_SERVICE=shop   # and no other `service` in the logger',
      winston: "winston.createLogger({ format: format.json() })   // without defaultMeta: { service: 'user-service' }",
      pino: "pino({ base: undefined })   // without base: { service: 'user-service' }",
    },
    sources: [unifiedTags, 'https://docs.datadoghq.com/logs/log_configuration/pipelines/'],
    line: ({ record, service, text }) => {
      const own = record?.service
      if (typeof own !== 'string' || typeof service !== 'string') return undefined
      return normalised(own) === normalised(service) ? undefined : wordsOf(text, 'service', own)
    },
    run: differingNames,
    project: differingLabels,
  },
  {
    code: 'wrong-time',
    title: 'The time is not in milliseconds',
    why: 'Datadog reads a number as milliseconds since 1970. A time in seconds is then a day in January 1970, and Datadog refuses lines that are older than 18 hours. A time in nanoseconds is far in the future.',
    looks: '{"timestamp":1764237600,"message":"loading","dd":{"trace_id":"6b02cac80000000072ed2db9f17da9fe"}}',
    fix: {
      any: 'timestamp: Date.now()   // milliseconds, or new Date().toISOString()',
      pino: 'pino({ timestamp: pino.stdTimeFunctions.epochTime })   // or isoTime; not unixTime',
      winston: 'format.combine(format.timestamp(), format.json())   // ISO 8601',
    },
    sources: [logsTroubleshooting],
    line: wrongTime,
  },
]

/** The attributes that Datadog takes a date from, in its order; `time` is read by the pipeline for `source:nodejs`. */
const dateKeys = ['@timestamp', 'timestamp', '_timestamp', 'Timestamp', 'eventTime', 'date', 'published_date', 'time']

function wrongTime(line: Line): string | undefined {
  const { record, text } = line
  if (!record || !isLinked(line)) return undefined
  const key = dateKeys.find(name => record[name] !== undefined)
  if (!key || isPlausible(record[key])) return undefined
  const at = text.indexOf(`"${key}"`)
  return at < 0 ? '' : (/^"[^"]+"\s*:\s*(?:"[^"]*"|[\d.e+-]+)/.exec(text.slice(at))?.[0] ?? '')
}

function isPlausible(value: unknown): boolean {
  if (typeof value === 'number') return value > 1e12 && value < 1e13
  if (typeof value !== 'string') return true
  if (/^\d+(?:\.\d+)?$/.test(value)) return isPlausible(Number(value))
  const year = /^(\d{4})-\d\d-\d\d/.exec(value)?.[1]
  return year === undefined || (Number(year) > 2000 && Number(year) < 2100)
}

function wordsOf(text: string, key: string, value: string): string {
  const json = `${JSON.stringify(key)}:${JSON.stringify(value)}`
  if (text.includes(json)) return json
  const flat = `${JSON.stringify(`dd.${key}`)}:${JSON.stringify(value)}`
  return text.includes(flat) ? flat : (new RegExp(`dd\\.${key}="?[^\\s"\\]]+`).exec(text)?.[0] ?? '')
}

/** Whether a value is a name, and not empty or a variable such as `${SERVICE}`. */
function isName(value: string): boolean {
  return value !== '' && !/[$<{]/.test(value)
}

/** Finds a label of a container that differs from its variable. The label gives lines their service, DD_SERVICE gives it to spans. */
function differingLabels({ configs, settings }: Project): Place[] {
  return configs.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, n) => {
      const [, key = '', value = ''] =
        /(?:tags\.datadoghq\.com\/|com\.datadoghq\.tags\.)(service|env)["']?\s*[:=]\s*["']?([^"'\s]+)/.exec(line) ?? []
      const own = settings.filter(({ file, name }) => file === path && name === `DD_${key.toUpperCase()}`)
      const differs = isName(value) && own.length > 0 && own.every(each => isName(each.value) && each.value !== value)
      return differs ? [{ file: path, line: n + 1, text: line.trim(), mark: value }] : []
    }),
  )
}
