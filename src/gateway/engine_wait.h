// gateway/engine_wait.h — the wait of a request for an engine that comes soon: one that sleeps, or is moved from one process to the next.
// Threads  the reactor of the connection
// Errors   those of TimeLimit, client_gone where the call ends with its client, those of Supervised::until_ready but model_loading while
//          it still comes
#pragma once
#include "client_watch.h"
#include "gatehouse/base/result.h"
#include "gatehouse/engine/supervised.h"
#include "gatehouse/net/exchange.h"
#include "gatehouse/runtime/reactor.h"
#include "time_limit.h"

namespace gatehouse::gateway {

// All of them outlive it.
Task<Status> until_there(Reactor& reactor, engine::Supervised& engine, const net::Exchange& exchange, const TimeLimit& limit,
                         WhenGone gone = WhenGone::is_cancelled);

}  // namespace gatehouse::gateway
