#include "gatehouse/net/client.h"

#include <algorithm>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "field_syntax.h"
#include "gatehouse/net/conversation.h"
#include "gatehouse/runtime/run_task.h"
#include "unix_address.h"

namespace gatehouse::net {
namespace {

using Protocol = boost::asio::generic::stream_protocol;
using SocketError = boost::system::error_code;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}
Error malformed(const std::string& what) { return operator_error("request_malformed", "This cannot be asked: " + what); }

Result<Protocol::endpoint> address_of(const Endpoint& to) {
  if (to.is_unix()) {
    GH_TRY(const UnixAddress address, unix_address(*to.unix_path));
    return Protocol::endpoint(address.data(), address.size);
  }
  SocketError bad;
  const auto ip = boost::asio::ip::make_address(to.address, bad);
  if (bad) return operator_error("bad_address", "'" + to.address + "' is not an IP address");
  return Protocol::endpoint(boost::asio::ip::tcp::endpoint(ip, to.port));
}

Error not_connected(const Endpoint& to, const SocketError& failure) {
  namespace errc = boost::system::errc;
  if (failure == errc::connection_refused || failure == errc::no_such_file_or_directory) {
    return operator_error("nobody_listens", "nobody listens on " + to_string(to));
  }
  return operator_error("connection_failed", "cannot connect to " + to_string(to) + ": " + failure.message());
}

Error too_late(const Endpoint& to) { return operator_error("reply_too_late", to_string(to) + " does not answer in time"); }

}  // namespace

Result<std::string> to_bytes(const ClientRequest& request) {
  if (!request.target.starts_with('/') || !is_printable(request.target) || request.target.find('#') != std::string::npos) {
    return malformed("'" + request.target + "' is not the path of a URL");
  }
  if (request.host.empty() || !is_printable(request.host)) return malformed("the host is none");
  std::string out(wire::to_string(request.method));
  out.append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ").append(request.host).append("\r\nConnection: close\r\n");
  for (const auto& [name, value] : request.fields) {
    if (!is_token(name) || !is_field_value(value)) return malformed("one of its fields breaks the rules of HTTP/1.1");
    out.append(name).append(": ").append(value).append("\r\n");
  }
  const bool takes_body = request.method != wire::Method::get && request.method != wire::Method::head;
  if (takes_body || !request.body.empty()) out.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  return out.append("\r\n").append(request.body);
}

Task<Result<wire::HttpReply>> ask(Reactor& reactor, Endpoint to, ClientRequest request, ClientLimits limits) {
  if (request.host.empty()) request.host = to.is_unix() ? "localhost" : to_string(to);
  GH_CO_TRY(const std::string bytes, to_bytes(request));
  GH_CO_TRY(const Protocol::endpoint address, address_of(to));
  boost::asio::basic_stream_socket<Protocol, Executor> socket(reactor.executor());
  bool late = false;
  Deadline deadline(reactor, [&socket, &late] {
    late = true;
    SocketError ignored;
    socket.close(ignored);
  });
  deadline.arm_in(limits.deadline);
  SocketError failure;
  co_await socket.async_connect(address, boost::asio::redirect_error(use_task, failure));
  if (late) co_return too_late(to);
  if (failure) co_return not_connected(to, failure);
  wire::HttpReplyParser parser(request.method, limits.reply);
  Task<Result<wire::HttpReply>> conversation = converse(socket, bytes, parser);
  Result<wire::HttpReply> reply = co_await std::move(conversation);
  if (!reply && late) co_return too_late(to);
  co_return reply;
}

Result<wire::HttpReply> ask(const Endpoint& to, const ClientRequest& request, const ClientLimits& limits) {
  const SystemClock clock;
  Reactor here(0, clock);
  return run_task(here, ask(here, to, request, limits));
}

}  // namespace gatehouse::net
