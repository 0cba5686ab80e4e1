/** The app's packages, which lie beside the app and not above this file. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type * as playwright from 'playwright-core'
import type * as vite from 'vite'

const load = createRequire(fileURLToPath(new URL('../../../pwa/package.json', import.meta.url)))

export const { chromium } = load('playwright-core') as typeof playwright
export const { build } = load('vite') as typeof vite
