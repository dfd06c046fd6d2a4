-- Forward authentication for HAProxy 2.6 and newer:
--
--   http-request lua.edgeauth ADDRESS FIELD,FIELD...
--
-- asks the decision service behind a `listen` section at ADDRESS about the request. Permitted, the
-- request goes on, with those of the listed fields that the service has answered and without any
-- that the client has sent. Otherwise, the client gets the answer of the service. Whatever goes
-- wrong is a refusal.

local TIMEOUT = 10000 -- milliseconds; that of the section comes first

-- Content is not sent along, and what the client says of its connection is not the service's.
local NOT_TOLD = {
    ["connection"] = true,
    ["content-length"] = true,
    ["expect"] = true,
    ["host"] = true,
    ["keep-alive"] = true,
    ["proxy-connection"] = true,
    ["te"] = true,
    ["trailer"] = true,
    ["transfer-encoding"] = true,
    ["upgrade"] = true,
}

-- Says who asks for what; nothing that the client says of that is passed on.
local function question(txn)
    local told, headers = {}, txn.http:req_get_headers()
    for name, values in pairs(headers) do
        if not NOT_TOLD[name] and name ~= "forwarded" and name:sub(1, 12) ~= "x-forwarded-" then
            told[name] = {}
            for place = 0, #values do
                table.insert(told[name], values[place])
            end
        end
    end
    told["x-forwarded-method"] = { txn.f:method() }
    told["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" }
    told["x-forwarded-host"] = { headers["host"] and headers["host"][0] or "" }
    told["x-forwarded-uri"] = { txn.f:pathq() }
    told["x-forwarded-for"] = { txn.f:src() }
    return told
end

local function refuse(txn, status, headers, body)
    local reply = txn:reply({ status = status, body = body })
    for name, values in pairs(headers) do
        if not NOT_TOLD[name] then
            for place = 0, #values do
                reply:add_header(name, values[place])
            end
        end
    end
    txn:done(reply)
end

core.register_action("edgeauth", { "http-req" }, function(txn, address, fields)
    local asked, answer = pcall(function()
        return core.httpclient():get({
            url = "http://edgeauth/edgeauth-question",
            dst = address,
            headers = question(txn),
            timeout = TIMEOUT,
        })
    end)
    local status = asked and answer and tonumber(answer.status) or 0
    if status < 200 or status > 599 then
        refuse(txn, 503, {}, "")
    elseif status > 299 then
        refuse(txn, status, answer.headers, answer.body)
    else
        for name in fields:gmatch("[^,]+") do
            txn.http:req_del_header(name)
            for _, value in pairs(answer.headers[name] or {}) do
                txn.http:req_add_header(name, value)
            end
        end
    end
end, 2)
