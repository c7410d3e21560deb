import { deflateSync } from 'node:zlib'

/** A PNG with 256 of the colours of a picture, to which the others come near: a third of the bytes, and no eye sees it. */
export async function smallPng(page, png) {
  const { width, height, pixels } = await pixelsOf(page, png)
  const counts = new Map()
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const palette = paletteOf([...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour))
  const index = new Map([...counts.keys()].map(colour => [colour, nearest(palette, colour)]))
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = index.get(pixels[y * width + x])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  const colours = Buffer.from(palette.flatMap(channelsOf))
  const parts = [
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND'),
  ]
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts])
}

/** Read by the browser itself: one number of 24 bits for each pixel. */
async function pixelsOf(page, png) {
  await page.goto('about:blank')
  const { width, height, base64 } = await page.evaluate(
    async source => {
      const image = await createImageBitmap(await (await fetch(source)).blob())
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
      context.drawImage(image, 0, 0)
      const bytes = context.getImageData(0, 0, image.width, image.height).data
      let text = ''
      for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768))
      return { width: image.width, height: image.height, base64: btoa(text) }
    },
    `data:image/png;base64,${png.toString('base64')}`,
  )
  const bytes = Buffer.from(base64, 'base64')
  const pixels = Array.from({ length: width * height }, (_, at) => bytes.readUInt32BE(at * 4) >>> 8)
  return { width, height, pixels }
}

function channelsOf(colour) {
  return [colour >> 16, (colour >> 8) & 255, colour & 255]
}

/** The most frequent first, each further from the others than so far that 256 are enough: a rare red stays red. */
function paletteOf(colours) {
  for (let apart = 2; ; apart += 2) {
    const palette = []
    for (const colour of colours) {
      if (palette.every(other => distance(other, colour) > apart ** 2)) palette.push(colour)
      if (palette.length > 256) break
    }
    if (palette.length <= 256) return palette
  }
}

function nearest(palette, colour) {
  let best = 0
  for (const at of palette.keys()) {
    if (distance(palette[at], colour) < distance(palette[best], colour)) best = at
  }
  return best
}

function distance(one, other) {
  const [red, green, blue] = [16, 8, 0].map(shift => ((one >> shift) & 255) - ((other >> shift) & 255))
  return red ** 2 + green ** 2 + blue ** 2
}

function chunk(type, data = Buffer.alloc(0)) {
  const body = Buffer.concat([Buffer.from(type), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const crc = Buffer.alloc(4)
  crc.writeUInt32BE(checksum(body))
  return Buffer.concat([length, body, crc])
}

/** As the format asks for; `zlib.crc32` came with Node 20.15 and 22.2 only. */
function checksum(bytes) {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
