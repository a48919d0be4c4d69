npm run demo:s3                # a bucket against a folder, a run that finds nothing new, one that is killed
npm run demo:s3 -- --serve     # the S3 server and the recorded API are yours until Ctrl-C
