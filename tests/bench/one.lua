-- SPDX-License-Identifier: Apache-2.0
-- Says what a run of wrk found, as one line of JSON.
function done(summary, latency, requests)
	local e = summary.errors
	io.write(string.format('\n{"requests":%d,"duration_us":%d,"refused":%d,"broken":%d,"p50_us":%d,"p99_us":%d}\n',
		summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
		latency:percentile(50), latency:percentile(99)))
end
