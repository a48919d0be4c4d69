npx millrace run readings.ts
npx millrace run readings.ts    # nothing new
node look.mjs
