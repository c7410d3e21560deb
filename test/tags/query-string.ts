import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { queryRedactor } from '../../src/tags/query-string'
import { generator } from '../tracer/random-headers'

const { getQsObfuscator, obfuscateQs } = require('dd-trace/packages/dd-trace/src/plugins/util/url.js')
const { defaults } = require('dd-trace/packages/dd-trace/src/config/defaults.js')

const redact = queryRedactor({})

function ddTrace(query: string, expression: string = defaults.DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP): string {
  const url: string = obfuscateQs(
    { queryStringObfuscation: getQsObfuscator({ queryStringObfuscation: expression }) },
    `?${query}`,
  )
  return url.slice(1)
}

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'
const github = `ghp_${'a1B2'.repeat(9)}`

describe('a query string by default', () => {
  it('stays as it is when it holds no secret', () => {
    for (const query of [
      '',
      'page=2',
      'page=2&sort=name&q=red%20shoes&limit=50',
      'a',
      '&&a=&=b&',
      'design=1&assign=x&resign=1&redesign=2&unsigned=1&assigned=bob&cosign=1',
      'bypass=1&compass=north&passenger=3&passed=1',
      'zip_code=1&countryCode=us&barcode=2&encode=utf8&codec=h264&status_code=200',
      'secretary=Jane&tokenize=1&keyboard=us&key=name&sortKey=name&author=Jane&authority=x&auth_method=sms',
      'discard=1&postcards=2&shopping=1&spinner=1&inside=1&significant=1&obsession=1',
      'to=/session/list?page=2&next=%2Ftoken%2Flist%3Fpage%3D2',
      'monkeyIsland=heyJude.eyLid&keyLength=12',
      'returnUrl=https%3A%2F%2Fexample.com%2Fpath%3Fa%3D1%26b%3D2',
      'filter[name]=x&ids[]=1&ids[]=2',
      'q=%22quoted%22&r=%E4%BD%A0%E5%A5%BD&s=%&t=%zz&u=%ff',
    ]) {
      assert.equal(redact(query), query)
    }
  })

  for (const [what, keys] of [
    [
      'passwords',
      'password passwd pwd pword passphrase pass_phrase pass-phrase pass passcode old_password newPassword',
    ],
    ['more passwords', 'password1 pwd2 userpass db.pass password_confirmation passwordConfirmation PASSWORD passWord'],
    [
      'secrets and tokens',
      'secret client_secret clientSecret token access_token accessToken id_token tokens token_hint',
    ],
    [
      'keys',
      'api_key apikey api-key apiKey apiKeyId app_key application_key access_key private_key public_key secret_key',
    ],
    ['consumers', 'consumer_id consumer_key consumerSecret'],
    ['signatures', 'sign signed signature x_signature sig hub_sig user_sign'],
    [
      'authorization',
      'auth oauth basic_auth authentication authorization Authorization credential credentials jwt bearer',
    ],
    ['sessions', 'session sessions session_id sessionId sid connect.sid JSESSIONID PHPSESSID sessid csrf xsrf'],
    ['codes', 'code auth_code authCode verification_code code_verifier otp totp user_otp'],
    ['people', 'email e-mail userEmail email_address emails card card_number creditcard credit_card cvv ssn iban pin'],
    ['AWS signatures', 'X-Amz-Credential X-Amz-Signature X-Amz-Security-Token AWSAccessKeyId Signature Key-Pair-Id'],
    ['Google signatures', 'X-Goog-Signature X-Goog-Credential GoogleAccessId'],
    ['Azure signatures', 'sig se'],
    ['single sign-on', 'SAMLRequest SAMLResponse saml_response client_assertion_token'],
    [
      'nested keys',
      'user[password] user.password a[b][token] password[] passwords[] passwords[0] password[0][x] user[code]',
    ],
    ['escaped keys', 'p%61ssword %70%61%73%73 user%5Bpassword%5D pass%57ord api%5Fkey t%6Fken%5B%5D'],
  ] as const) {
    it(`shows the key and hides the value of ${what}`, () => {
      for (const key of keys.split(' ')) {
        assert.equal(redact(`${key}=hunter2`), `${key}=<redacted>`)
        assert.equal(redact(`a=1&${key}=hunter2=&b=2`), `a=1&${key}=<redacted>&b=2`)
      }
    })
  }

  it('shows an empty value as it is', () => {
    assert.equal(redact('password=&a=1&token='), 'password=&a=1&token=')
  })

  for (const [query, shown] of [
    // A URL in a URL, plain, escaped and escaped twice: the rest of the pair goes.
    ['to=/cb?token=abc&a=1', 'to=/cb?token=<redacted>&a=1'],
    ['to=%2Fcb%3Fb%3D1%26token%3Dabc%26c%3D2&a=1', 'to=%2Fcb%3Fb%3D1%26token%3D<redacted>&a=1'],
    ['to=%252Fcb%253Fcode%253Dabc&a=1', 'to=%252Fcb%253Fcode%253D<redacted>&a=1'],
    ['password%3Dabc=1', 'password%3D<redacted>'],
    ['a=1;token=abc;b=2', 'a=1;token=<redacted>'],
    ['a=1#access_token=abc', 'a=1#access_token=<redacted>'],
    // JSON.
    ['q={"user":"a","password":"x"}&a=1', 'q={"user":"a","password":<redacted>&a=1'],
    ['q=%7B%22password%22%3A%22x%22%7D&a=1', 'q=%7B%22password%22%3A<redacted>&a=1'],
    ['q={"pin": 1234}', 'q={"pin":<redacted>'],
    ['q={"password":"a&b"}&a=1', 'q={"password":<redacted>&a=1'],
    // Values that look like secrets, under any key or none.
    [`x=${jwt}&a=1`, 'x=<redacted>&a=1'],
    [jwt, '<redacted>'],
    [`x=%22${jwt}%22`, 'x=%22<redacted>'],
    [`x=${github}&a=1`, 'x=<redacted>&a=1'],
    ['h=Bearer%20abc.def&a=1', 'h=<redacted>&a=1'],
    ['h=bearer+abc', 'h=<redacted>'],
    ['x=token:1234567890abc', 'x=<redacted>'],
    ['x=AKIAIOSFODNN7EXAMPLE', 'x=<redacted>'],
    ['k=-----BEGIN%20RSA%20PRIVATE%20KEY-----MIIE&x=-----END%20RSA%20PRIVATE%20KEY-----&a=1', 'k=<redacted>'],
    [`k=ssh-rsa%20${'A'.repeat(100)}&a=1`, 'k=<redacted>&a=1'],
    // What was found first wins.
    [`email=${jwt}&token=a&x=${jwt}`, 'email=<redacted>&token=<redacted>&x=<redacted>'],
  ] as const) {
    it(`becomes ${shown}`, () => {
      assert.equal(redact(query), shown)
    })
  }

  it('is cut at 8 kB between two pairs, so that no half of a secret is shown', () => {
    const shown = redact(`a=1&${'b=2&'.repeat(2040)}x=${github}&c=3`)
    assert.ok(shown.endsWith('b=2&...') && shown.length <= 8195, shown.slice(-80))
    assert.equal(redact(`q=${'x'.repeat(9000)}`), '...')
    assert.equal(redact(`a=1&password=${'x'.repeat(9000)}`), 'a=1&...')
  })

  it('gives the same result twice, although its expressions have a `lastIndex`', () => {
    for (const query of [`x=${jwt}`, 'token=a', 'page=2', `x=${jwt}`]) assert.equal(redact(query), redact(query))
  })
})

describe('next to the default of dd-trace', () => {
  const rounds = Number(process.env.SPANLOG_FUZZ ?? 5000)

  it(`nothing is shown that dd-trace hides, in ${rounds} random queries`, t => {
    const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
    t.diagnostic(`SEED=${seed}`)
    const random = generator(seed)
    for (let round = 0; round < rounds; round++) {
      const query = randomQuery(random)
      const theirs = markers(ddTrace(query))
      const leaked = markers(redact(query)).filter(marker => !theirs.includes(marker))
      assert.deepEqual(leaked, [], `${query}\n  ours   ${redact(query)}\n  theirs ${ddTrace(query)}`)
    }
  })

  for (const [query, theirs, ours, why] of [
    ['token=x&a=1', '<redacted>&a=1', 'token=<redacted>&a=1', 'the key tells what was there'],
    ['access_token=x', 'access_<redacted>', 'access_token=<redacted>', 'half a key tells nothing'],
    ['design=1', 'de<redacted>', 'design=1', 'an English word'],
    ['assign=x', 'as<redacted>', 'assign=x', 'an English word'],
    ['bypass=1', 'by<redacted>', 'bypass=1', 'an English word'],
    ['sid=x', 'sid=x', 'sid=<redacted>', 'a session'],
    ['user[password]=x', 'user[password]=x', 'user[password]=<redacted>', 'what qs makes an object of'],
    ['p%61ssword=x', 'p%61ssword=x', 'p%61ssword=<redacted>', 'the application reads password'],
    [
      'password_confirmation=x',
      'password_confirmation=x',
      'password_confirmation=<redacted>',
      'a password all the same',
    ],
    ['q={"pin":1}', 'q={"pin":1}', 'q={"pin":<redacted>', 'a number in JSON'],
    ['to=/?token=a;b=1', 'to=/?<redacted>', 'to=/?token=<redacted>', 'both hide the rest of the pair'],
    ['x=token:12345678901234', 'x=<redacted>4', 'x=<redacted>', 'no last character of a secret'],
  ] as const) {
    it(`${query} differs: ${why}`, () => {
      assert.equal(ddTrace(query), theirs)
      assert.equal(redact(query), ours)
    })
  }
})

describe('DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP', () => {
  for (const expression of [
    '',
    '.*',
    'myparam=\\w+',
    'MYPARAM',
    '(',
    '[',
    '(a)(b)',
    '$1',
    'token',
    '\\bpage=\\d+',
    '^',
  ]) {
    it(`${JSON.stringify(expression)} means what it means to dd-trace`, () => {
      const byExpression = queryRedactor({ DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP: expression })
      for (const query of ['page=2&myparam=x&token=abc', 'token=a&token=b', 'ab', '$1', 'x']) {
        assert.equal(
          `?${byExpression(query)}`.replace(/^\?$/, ''),
          `?${ddTrace(query, expression)}`.replace(/^\?$/, ''),
        )
      }
    })
  }
})

describe('DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST', () => {
  // The table of dd-trace-go, which has the variable.
  for (const [query, shown] of [
    ['p1=a&p2=b&p3=c', 'p1=a&p3=c'],
    ['', ''],
    ['x=1&y=2', ''],
    ['p1=a&p3=c', 'p1=a&p3=c'],
    ['p1=a&p2=b&', 'p1=a'],
    ['p1&p2=b&p3', 'p1&p3'],
    ['p1=a=b&P1=c', 'p1=a=b'],
  ] as const) {
    it(`keeps ${shown || 'nothing'} of ${query || 'nothing'}`, () => {
      assert.equal(queryRedactor({ DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST: ' p1 , p3,' })(query), shown)
    })
  }

  it('counts before the expression, and _SERVER counts before it', () => {
    const env = {
      DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP: '.*',
      DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST: 'a',
      DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST_SERVER: 'b',
    }
    assert.equal(queryRedactor(env)('a=1&b=2'), 'b=2')
  })

  it('is not set when it is empty', () => {
    assert.equal(queryRedactor({ DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST: '' })('a=1'), 'a=1')
  })
})

describe('DD_TRACE_HTTP_URL_QUERY_STRING_DISABLED', () => {
  it('shows nothing of any query when true', () => {
    const env = { DD_TRACE_HTTP_URL_QUERY_STRING_DISABLED: 'true', DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST: 'a' }
    assert.equal(queryRedactor(env)('a=1'), '')
    assert.equal(queryRedactor({ DD_TRACE_HTTP_URL_QUERY_STRING_DISABLED: 'false' })('a=1'), 'a=1')
  })
})

/** Every value of a random query contains a marker. The test looks for it in the output. */
function markers(text: string): string[] {
  return text.match(/Z\d+Z/g) ?? []
}

function randomQuery(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  let marker = 0
  let query = ''
  for (let parts = 1 + Math.floor(random() * 8); parts > 0; parts--) {
    query += pick(fragments).replaceAll('@', () => `Z${marker++}Z`)
  }
  return query
}

const fragments = [
  ...'password=@ passwd=@ pwd2=@ pass=@ pass-phrase=@ secret=@ api_key=@ appkeyid=@ token=@ sign=@ signed=@ auth=@'.split(
    ' ',
  ),
  ...'consumer-id=@ authorization=@ TOKEN=@ paSSword=@ signature=@ public_key_id=@ new-pwd1=@ userId=@ q=@ page=@'.split(
    ' ',
  ),
  ...'token%3D@ pass%20=@ auth%3d@ "password":"@" %22secret%22%3A%22@%22 "token"%20:%20"@ "pwd":"@&@" token token:1234567890@'.split(
    ' ',
  ),
  ...'%2 %22 %3D % " = == & && ? %26 / @ & & & a b %20 %41 _ - . ; , [ ] { } + x=@ redirect=/cb?token=@'.split(' '),
  'bearer @',
  'bearer%20@',
  'ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@@',
  'eyJ@.eyJ@.@',
  'x=eyJ@.eyJ@',
  '-----BEGIN PRIVATE KEY-----@&@-----END PRIVATE KEY-----',
  `ssh-rsa ${'A'.repeat(100)}@ @`,
]
