-- SPDX-License-Identifier: Apache-2.0
-- Sends the requests of a file in turn, each thread its part of them. A line is method, path, API key, Accept, body,
-- with tabs between and "-" for none. In a body @ID@ becomes a fresh UUIDv7, @N@ a number from 100 to 999.
local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
dofile(here .. "one.lua")

local ffi = require("ffi")

local threads = 0
function setup(thread)
	thread:set("number", threads)
	threads = threads + 1
end

local lines, at, sent, started_ms = {}, 0, 0, 0

local function read_line(line)
	local method, path, key, accept, body = line:match("^(%S+)\t(%S+)\t(%S+)\t([^\t]+)\t(.*)$")
	local headers = {}
	if key ~= "-" then headers["Authorization"] = "Bearer " .. key end
	if accept ~= "-" then headers["Accept"] = accept; headers["Accept-Encoding"] = "gzip" end
	if body == "-" then return { ready = wrk.format(method, path, headers) } end
	headers["Content-Type"] = "application/json"
	return { method = method, path = path, headers = headers, body = body }
end

ffi.cdef [[ typedef struct { long seconds, nanoseconds; } bench_time; int clock_gettime(int, bench_time *); ]]
local function now_ms()
	local time = ffi.new("bench_time")
	ffi.C.clock_gettime(1, time) -- CLOCK_MONOTONIC
	return tonumber(time.seconds) * 1000 + tonumber(time.nanoseconds) / 1e6
end

-- Each request has its moment, whatever the one before took; what is late is sent at once.
local function pace(every_ms)
	local moment = now_ms()
	delay = function()
		moment = moment + every_ms
		return math.max(0, math.floor(moment - now_ms() + 0.5))
	end
end

-- arguments: file, threads, milliseconds since 1970, requests a second of all threads (none: as many as are answered)
function init(arguments)
	local file, count, n = arguments[1], tonumber(arguments[2]), 0
	started_ms = tonumber(arguments[3])
	local rate = tonumber(arguments[4])
	if rate then pace(1000 * count / rate) end
	for line in io.lines(file) do
		if n % count == number then lines[#lines + 1] = read_line(line) end
		n = n + 1
	end
end

-- Unique: milliseconds of the start, thread, count.
local function fresh_id()
	return string.format("%08x-%04x-7%03x-8%03x-%012x", math.floor(started_ms / 65536), started_ms % 65536, number, 0, sent)
end

function request()
	at = at % #lines + 1
	sent = sent + 1
	local line = lines[at]
	if line.ready then return line.ready end
	local body = line.body:gsub("@ID@", fresh_id):gsub("@N@", 100 + sent % 900)
	return wrk.format(line.method, line.path, line.headers, body)
end
