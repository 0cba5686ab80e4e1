/**
 * The network between phones and the bank: a relay that a test can cut, and that can lose an answer after the server
 * has done the work. Unlike the browser's own offline switch it also binds service workers.
 */
import { randomInt } from 'node:crypto'
import net from 'node:net'

export class Network {
  private readonly server: net.Server
  private readonly open = new Set<net.Socket>()
  private cut = false
  private losing: RegExp | null = null
  private refusing: RegExp | null = null
  /** Answers lost so far. */
  lost = 0

  private constructor(private readonly target: number) {
    this.server = net.createServer((phone) => this.relay(phone))
  }

  static async start(target: number): Promise<Network> {
    const network = new Network(target)
    await new Promise<void>((resolve) => network.server.listen(0, '127.0.0.1', resolve))
    return network
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port
  }

  /** No connection lives, none is made. */
  down(): void {
    this.cut = true
    for (const socket of this.open) socket.destroy()
  }

  up(): void {
    this.cut = false
  }

  /** From now on the answers to requests whose first line matches are lost on the way; null ends it. */
  loseAnswers(to: RegExp | null): void {
    this.losing = to
  }

  /** From now on connections break at requests whose first line matches, before the bank hears of them; null ends it. */
  refuse(what: RegExp | null): void {
    this.refusing = what
  }

  async stop(): Promise<void> {
    this.down()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  private relay(phone: net.Socket): void {
    if (this.cut) {
      phone.destroy()
      return
    }
    const bank = net.connect(this.target, '127.0.0.1')
    let lose = false
    for (const socket of [phone, bank]) {
      this.open.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        this.open.delete(socket)
        phone.destroy()
        bank.destroy()
      })
    }
    phone.on('data', (data) => {
      const first = data.subarray(0, 200).toString('latin1')
      if (this.refusing?.test(first)) {
        phone.destroy()
        return
      }
      if (this.losing?.test(first)) lose = true
      bank.write(data)
    })
    bank.on('data', (data) => {
      if (!lose) {
        phone.write(data)
        return
      }
      this.lost += 1
      phone.destroy()
    })
  }
}

/** Below the ports that systems give to those who call: one of these might take it before its server has started. */
const PORTS = { from: 20_000, to: 32_000 }

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to)
    const probe = net.createServer()
    const free = await new Promise<boolean>((resolve) => probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)))
    if (!free) continue
    await new Promise<void>((resolve) => probe.close(() => resolve()))
    return port
  }
}
