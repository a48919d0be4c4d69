CREATE TABLE readings (
  plant VARCHAR NOT NULL, "takenAt" TIMESTAMP NOT NULL, moisture DECIMAL(5, 2) NOT NULL CHECK (moisture > 20),
  UNIQUE (plant, "takenAt")
)
