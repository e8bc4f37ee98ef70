#include "https_get.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <vector>

#include "gatehouse/net/client.h"
#include "gatehouse/net/conversation.h"
#include "gatehouse/runtime/signal.h"
#include "tls_client.h"

namespace gatehouse::adapters {
namespace {

namespace ip = boost::asio::ip;
namespace ssl = boost::asio::ssl;
using boost::asio::redirect_error;
using Failure = boost::system::error_code;
using Socket = boost::asio::basic_stream_socket<ip::tcp, Executor>;
using Resolver = ip::basic_resolver<ip::tcp, Executor>;

// Shared with the resolver, which cannot be interrupted and may come back when nobody waits any more.
struct Lookup {
  explicit Lookup(Reactor& reactor) : done(reactor) {}
  Signal done;
  bool finished = false;
  Failure failure;
  std::vector<ip::tcp::endpoint> found;
};

Error failed(const Url& url, std::string_view reason, const std::string& what) {
  return operator_error(reason, url.authority + ": " + what);
}

// Link-local, where clouds keep their metadata (also as IPv6 writes it), multicast, or nowhere.
bool leads_astray(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return leads_astray(ip::make_address_v4(ip::v4_mapped, address.to_v6()));
  if (address.is_unspecified() || address.is_multicast()) return true;
  if (address.is_v6()) return address.to_v6().is_link_local() || address == ip::make_address("fd00:ec2::254");
  const auto bytes = address.to_v4().to_bytes();
  return (bytes[0] == 169 && bytes[1] == 254) || bytes[0] == 0 || bytes[0] >= 240;
}

net::ClientRequest request_for(const Url& url) {
  net::ClientRequest request(wire::Method::get, url.target);
  request.host = url.authority;
  request.fields.emplace_back("Accept", "application/jwk-set+json, application/json");
  request.fields.emplace_back("User-Agent", "gatehouse");
  return request;
}

}  // namespace

struct HttpsGet::Route {
  explicit Route(Executor executor) : socket(executor) {}
  std::shared_ptr<ssl::context> tls;
  std::vector<ip::tcp::endpoint> addresses;
  Socket socket;
  std::string request;
};

HttpsGet::HttpsGet(Reactor& reactor, WorkerPool& files, Url url, HttpsOptions options)
    : reactor_(reactor), files_(files), url_(std::move(url)), options_(std::move(options)) {}

void HttpsGet::give_up() {
  given_up_ = true;
  cut();
}

void HttpsGet::cut() {
  if (cut_) cut_();
}

Error HttpsGet::ended_early() const {
  if (given_up_) return failed(url_, "given_up", "nobody needs the answer any more");
  return failed(url_, "reply_too_late", "no answer in time");
}

Task<Result<wire::HttpReply>> HttpsGet::get() {
  late_ = given_up_ = false;
  Deadline deadline(reactor_, [this] {
    late_ = true;
    cut();
  });
  deadline.arm_in(options_.deadline);
  Task<Result<wire::HttpReply>> attempting = attempt();
  Result<wire::HttpReply> reply = co_await std::move(attempting);
  cut_ = nullptr;
  if (!reply && over()) co_return ended_early();
  co_return reply;
}

Task<Result<wire::HttpReply>> HttpsGet::attempt() {
  Route route(reactor_.executor());
  GH_CO_TRY(route.request, net::to_bytes(request_for(url_)));
  if (url_.tls) {
    std::function<Result<std::shared_ptr<ssl::context>>(Worker&)> load = [file = options_.authorities](Worker& worker) {
      return make_tls_client(worker, file);
    };
    auto loading = files_.run<Result<std::shared_ptr<ssl::context>>>(reactor_, std::move(load));
    std::optional<Result<std::shared_ptr<ssl::context>>> loaded = co_await std::move(loading);
    if (!loaded) co_return failed(url_, "connection_failed", "too much waits for the disk");
    GH_CO_TRY(route.tls, std::move(*loaded));
  }
  GH_CO_CHECK(co_await find_host(route));
  GH_CO_CHECK(co_await connect(route));
  Task<Result<wire::HttpReply>> asking = url_.tls ? ask_over_tls(route) : ask_plainly(route);
  co_return co_await std::move(asking);
}

Task<Status> HttpsGet::find_host(Route& route) {
  if (url_.literal) {
    route.addresses.emplace_back(ip::make_address(url_.host), url_.port);
    co_return ok();
  }
  const auto lookup = std::make_shared<Lookup>(reactor_);
  Resolver resolver(reactor_.executor());
  resolver.async_resolve(url_.host, std::to_string(url_.port), [lookup](const Failure& failure, const Resolver::results_type& found) {
    lookup->failure = failure;
    for (const auto& one : found) lookup->found.push_back(one.endpoint());
    lookup->finished = true;
    lookup->done.raise();
  });
  cut_ = [lookup] { lookup->done.raise(); };
  while (!lookup->finished && !over()) co_await lookup->done.wait();
  if (over()) co_return ended_early();
  if (lookup->failure) co_return failed(url_, "host_unknown", lookup->failure.message());
  route.addresses = std::move(lookup->found);
  co_return ok();
}

// One address after another, until one takes us.
Task<Status> HttpsGet::connect(Route& route) {
  cut_ = [&route] {
    Failure ignored;
    route.socket.close(ignored);
  };
  Failure failure = boost::asio::error::host_not_found;
  for (const ip::tcp::endpoint& address : route.addresses) {
    if (over()) co_return ended_early();
    if (!url_.tls && !address.address().is_loopback()) co_return failed(url_, "connection_failed", "plain http is for loopback alone");
    if (leads_astray(address.address())) {
      co_return failed(url_, "address_refused", address.address().to_string() + " is no address that keys are fetched from");
    }
    Failure ignored;
    route.socket.close(ignored);
    co_await route.socket.async_connect(address, redirect_error(use_task, failure));
    if (!failure) co_return ok();
  }
  co_return failed(url_, "connection_failed", failure.message());
}

Task<Result<wire::HttpReply>> HttpsGet::ask_plainly(Route& route) {
  if (over()) co_return ended_early();
  wire::HttpReplyParser parser(wire::Method::get, wire::HttpReplyLimits(options_.most_body));
  Task<Result<wire::HttpReply>> conversation = net::converse(route.socket, route.request, parser);
  co_return co_await std::move(conversation);
}

Task<Result<wire::HttpReply>> HttpsGet::ask_over_tls(Route& route) {
  if (over()) co_return ended_early();
  ssl::stream<Socket> stream(std::move(route.socket), *route.tls);
  cut_ = [&stream] {
    Failure ignored;
    stream.lowest_layer().close(ignored);
  };
  if (!expect_host(stream.native_handle(), url_.host, url_.literal ? HostKind::address : HostKind::name)) {
    co_return failed(url_, "tls_failed", "no certificate can name this host");
  }
  Failure failure;
  co_await stream.async_handshake(ssl::stream_base::client, redirect_error(use_task, failure));
  if (failure) {
    const std::string refusal = refusal_of_certificate(stream.native_handle());
    cut_ = nullptr;
    co_return refusal.empty() ? failed(url_, "tls_failed", failure.message()) : failed(url_, "certificate_refused", refusal);
  }
  wire::HttpReplyParser parser(wire::Method::get, wire::HttpReplyLimits(options_.most_body));
  Task<Result<wire::HttpReply>> conversation = net::converse(stream, route.request, parser);
  Result<wire::HttpReply> reply = co_await std::move(conversation);
  cut_ = nullptr;
  co_return reply;
}

}  // namespace gatehouse::adapters
