/**
 * The part of CouchDB's protocol that PouchDB's replication asks for, and pages of documents for RxDB's, answered from
 * memory: faster than any database, so that no peer is held back by its server. It also serves the page on which they run.
 */
import { createHash } from 'node:crypto'
import http from 'node:http'
import type net from 'node:net'

interface Stored {
  id: string
  rev: string
  /** The whole answer of _bulk_get for this document, as JSON. */
  bulk: string
  /** Its line of _changes, as JSON. */
  change: string
  /** The document as RxDB's pull takes it, as JSON. */
  plain: string
}

const PAGE = '<!doctype html><meta charset="utf-8"><title>peer</title><script src="/peer.js"></script>'

export class Couch {
  private readonly documents: Stored[]
  private readonly byId: Map<string, Stored>
  /** Where replications stand, as PouchDB has it kept. */
  private readonly checkpoints = new Map<string, string>()
  private readonly server: http.Server
  private constructor(
    lines: readonly string[],
    private readonly script: string,
  ) {
    this.documents = lines.map((line, i) => store(line, i + 1))
    this.byId = new Map(this.documents.map((one) => [one.id, one]))
    this.server = http.createServer((request, response) => this.answer(request, response))
  }

  /** `lines`: one JSON document each, with its _id; `script`: JavaScript that puts PouchDB into the page. */
  static async start(lines: readonly string[], script: string): Promise<Couch> {
    const couch = new Couch(lines, script)
    couch.server.keepAliveTimeout = 60_000
    await new Promise<void>((resolve) => couch.server.listen(0, '127.0.0.1', resolve))
    return couch
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as net.AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url)
    const path = url.pathname.replace(/\/$/, '')
    const say = (body: string, status = 200, type = 'application/json'): void => {
      response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store' })
      response.end(body)
    }
    if (path === '/page') return say(PAGE, 200, 'text/html; charset=utf-8')
    if (path === '/peer.js') return say(this.script, 200, 'text/javascript; charset=utf-8')
    if (path === '') return say(JSON.stringify({ couchdb: 'Welcome', uuid: '00000000000000000000000000000001', version: '3.3.3' }))
    const last = this.documents.length
    if (path === '/db') return say(JSON.stringify({ db_name: 'db', update_seq: last, doc_count: last, instance_start_time: '0' }))
    if (path.startsWith('/db/_local/')) {
      const id = decodeURIComponent(path.slice(4))
      if (request.method === 'PUT') {
        read(request, (body) => {
          const rev = `0-${this.checkpoints.size + 1}`
          this.checkpoints.set(id, JSON.stringify({ ...(JSON.parse(body) as object), _id: id, _rev: rev }))
          say(JSON.stringify({ ok: true, id, rev }), 201)
        })
        return
      }
      const kept = this.checkpoints.get(id)
      return kept ? say(kept) : say(JSON.stringify({ error: 'not_found', reason: 'missing' }), 404)
    }
    if (path === '/rx') {
      const since = Number(url.searchParams.get('since') ?? 0)
      const some = this.documents.slice(since, since + Number(url.searchParams.get('limit') ?? last))
      return say(`{"documents":[${some.map((one) => one.plain).join(',')}],"checkpoint":{"n":${since + some.length}}}`)
    }
    if (path === '/db/_changes') {
      const since = Number(url.searchParams.get('since') ?? 0)
      const some = this.documents.slice(since, since + Number(url.searchParams.get('limit') ?? last))
      const upto = since + some.length
      return say(`{"results":[${some.map((one) => one.change).join(',')}],"last_seq":${upto},"pending":${last - upto}}`)
    }
    if (path === '/db/_bulk_get') {
      read(request, (body) => {
        const { docs } = JSON.parse(body) as { docs: { id: string }[] }
        say(`{"results":[${docs.map(({ id }) => this.byId.get(id)?.bulk ?? '').join(',')}]}`)
      })
      return
    }
    say(JSON.stringify({ error: 'not_found', reason: path }), 404)
  }
}

function read(request: http.IncomingMessage, done: (body: string) => void): void {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => done(Buffer.concat(parts).toString()))
}

function store(line: string, seq: number): Stored {
  const document = JSON.parse(line) as { _id: string }
  const digest = createHash('md5').update(line).digest('hex')
  const rev = `1-${digest}`
  const { _id, ...fields } = document
  const whole = { ...document, _rev: rev, _revisions: { start: 1, ids: [digest] } }
  return {
    id: document._id,
    rev,
    bulk: JSON.stringify({ id: document._id, docs: [{ ok: whole }] }),
    plain: JSON.stringify({ id: _id, ...fields, _deleted: false }),
    change: JSON.stringify({ seq, id: document._id, changes: [{ rev }] }),
  }
}
