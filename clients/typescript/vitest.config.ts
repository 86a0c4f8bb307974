import { defineConfig } from "vitest/config";

// The examples of the page need a running Alto.
const pages = process.env.ALTO_TEST_URL ? [] : ["test/page.test.ts"];

export default defineConfig({ test: { exclude: ["node_modules/**", ...pages], testTimeout: 60_000, hookTimeout: 60_000 } });
