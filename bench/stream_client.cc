// bench/stream_client.cc — asks for streams and reads them to their end, at as little cost as can be: what is measured is the server.
//
//   stream_client --port N --streams N < REQUEST       prints {"tokens":…,"seconds":…}
//
// REQUEST is a whole HTTP request for a streamed chat with its usage; every stream sends the same one, all at once.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Stream {
  int socket = -1;
  std::string tail;  // the last bytes: the usage and [DONE] are there
};

int connect_to(int port) {
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
  const int on = 1;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return client;
}

// False when the stream is over.
bool take(Stream& stream) {
  std::array<char, 16384> bytes;
  const ssize_t n = read(stream.socket, bytes.data(), bytes.size());
  if (n <= 0) return false;
  constexpr std::size_t enough = 1024;
  stream.tail.append(bytes.data(), static_cast<std::size_t>(n));
  if (stream.tail.size() > 2 * enough) stream.tail.erase(0, stream.tail.size() - enough);
  return stream.tail.find("data: [DONE]") == std::string::npos;
}

long tokens_of(const Stream& stream) {
  constexpr std::string_view name = "\"completion_tokens\":";
  const std::size_t at = stream.tail.rfind(name);
  if (at == std::string::npos || stream.tail.find("[DONE]") == std::string::npos) {
    std::fprintf(stderr, "a stream did not end well: %s\n", stream.tail.c_str());
    std::exit(1);
  }
  return std::atol(stream.tail.c_str() + at + name.size());
}

void read_to_the_end(std::vector<Stream>& streams) {
  const int poll = epoll_create1(0);
  for (std::size_t i = 0; i < streams.size(); ++i) {
    epoll_event event{EPOLLIN, {.u64 = i}};
    epoll_ctl(poll, EPOLL_CTL_ADD, streams[i].socket, &event);
  }
  for (std::size_t open = streams.size(); open > 0;) {
    epoll_event event{};
    if (epoll_wait(poll, &event, 1, -1) != 1) continue;
    Stream& stream = streams[event.data.u64];
    if (take(stream)) continue;
    epoll_ctl(poll, EPOLL_CTL_DEL, stream.socket, nullptr);
    close(stream.socket);
    --open;
  }
  close(poll);
}

}  // namespace

int main(int count, char** arguments) {
  int port = 0, streams = 1;
  for (int i = 1; i + 1 < count; i += 2) {
    if (arguments[i] == std::string_view("--port")) port = std::atoi(arguments[i + 1]);
    if (arguments[i] == std::string_view("--streams")) streams = std::atoi(arguments[i + 1]);
  }
  const std::string request{std::istreambuf_iterator<char>(std::cin), {}};
  std::vector<Stream> all(static_cast<std::size_t>(streams));
  for (Stream& stream : all) stream.socket = connect_to(port);
  const auto began = std::chrono::steady_clock::now();
  for (const Stream& stream : all) {
    if (write(stream.socket, request.data(), request.size()) != static_cast<ssize_t>(request.size())) return 1;
  }
  read_to_the_end(all);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  long tokens = 0;
  for (const Stream& stream : all) tokens += tokens_of(stream);
  std::printf("{\"tokens\":%ld,\"seconds\":%.6f}\n", tokens, seconds);
  return 0;
}
