npx millrace state show population.ts --since 2020 --to file:./out
npx millrace state reset population.ts --since 2020 --to file:./out --yes
