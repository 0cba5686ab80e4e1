import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts', 'build/**/*.test.ts'],
    // Two cores are the reference machine; more workers only swap.
    maxWorkers: 2,
    restoreMocks: true,
  },
})
