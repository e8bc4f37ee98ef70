// net/conversation.h — a request and its reply over any stream of Asio's that is connected already: what the client does over TCP and
// Unix sockets, and an adapter over TLS.
// Threads  the reactor of the stream; closing or cancelling the stream ends the task
// Errors   connection_lost, reply_malformed, reply_too_large (origin operator)
#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/runtime/task.h"
#include "gatehouse/wire/http1/reply.h"

namespace gatehouse::net {

inline Error connection_lost(const std::string& why) {
  return operator_error("connection_lost", "The connection ended before the reply did").with_detail(why);
}

template <class Stream>
Task<Result<wire::HttpReply>> converse(Stream& stream, const std::string& request, wire::HttpReplyParser& parser) {
  boost::system::error_code failure;
  // A server that will not read all of it may have answered all the same.
  co_await boost::asio::async_write(stream, boost::asio::buffer(request), boost::asio::redirect_error(use_task, failure));
  std::string room(16UL * 1024, '\0');
  while (!parser.done()) {
    const std::size_t n = co_await stream.async_read_some(boost::asio::buffer(room), boost::asio::redirect_error(use_task, failure));
    GH_CO_CHECK(parser.take(std::string_view(room).substr(0, n)));
    if (parser.done() || !failure) continue;
    if (failure != boost::asio::error::eof || !parser.started()) co_return connection_lost(failure.message());
    GH_CO_CHECK(parser.finish());
  }
  co_return parser.take_reply();
}

}  // namespace gatehouse::net
