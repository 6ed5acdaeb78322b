-- A wrk script: POSTs the request bodies of a file in turn, a line each, with a number written into each.
-- usage: wrk ... -s unary_load.lua URL -- BODIES_FILE API_KEY
local marker = "{number}"
local parts = {}
local number = 0

function init(args)
  for line in io.lines(args[1]) do
    local from, to = line:find(marker, 1, true)
    parts[#parts + 1] = { line:sub(1, from - 1), line:sub(to + 1) }
  end
  wrk.method = "POST"
  wrk.headers["content-type"] = "application/json"
  wrk.headers["authorization"] = "Bearer " .. args[2]
end

function request()
  number = number + 1
  local part = parts[number % #parts + 1]
  return wrk.format(nil, nil, nil, part[1] .. number .. part[2])
end

-- wrk counts times in microseconds.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "duration_s": %.6f, "p50_ms": %.4f, "p99_ms": %.4f, "failures": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
