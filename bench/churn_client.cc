// bench/churn_client.cc — many clients of one server, one request after the other, and when each of their tokens came.
//
//   churn_client --port N --clients N [--key KEY] [--every MS] [--seconds S] < BODIES
//
// Each line of BODIES is the body of a streamed POST /v1/completions that asks for its usage; whoever has read an answer to its end sends
// the next one. --every: one begins each so many milliseconds instead, whoever is free. --seconds: it is over then, whatever has not come.
// Prints {"requests":…,"tokens":…,"seconds":…,"first":[…],"gaps":[…]}: seconds from a request to its first text, sorted, and from one text
// of an answer to the next one, sorted; of what has not come when the time is over, how long it was awaited.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
double between(Clock::time_point from, Clock::time_point to) { return std::chrono::duration<double>(to - from).count(); }

struct Options {
  int port = 0;
  std::size_t clients = 1;
  double every = 0, seconds = 0;
  std::string key;
};

struct Client {
  int socket = -1;  // -1: free
  Clock::time_point asked, last;
  bool said = false;
  std::string tail;  // from the last line that has not ended; the end of a stream and its usage are there
};

class Crowd {
 public:
  Crowd(Options options, std::deque<std::string> bodies)
      : options_(std::move(options)), bodies_(std::move(bodies)), clients_(options_.clients), poll_(epoll_create1(0)) {}

  void run() {
    began_ = Clock::now();
    while (!over()) {
      begin_what_is_due();
      std::array<epoll_event, 64> events{};
      const int ready = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 5);
      for (int i = 0; i < ready; ++i) take(clients_[events[static_cast<std::size_t>(i)].data.u64]);
    }
    const Clock::time_point now = Clock::now();
    seconds_ = between(began_, now);
    // What has not come when the time is over has taken that long at least.
    for (const Client& client : clients_) {
      if (client.socket < 0) continue;
      client.said ? gaps_.push_back(between(client.last, now)) : first_.push_back(between(client.asked, now));
    }
  }

  void print() {
    std::printf("{\"requests\":%zu,\"tokens\":%ld,\"seconds\":%.6f,", ended_, tokens_, seconds_);
    print_list("first", first_);
    std::printf(",");
    print_list("gaps", gaps_);
    std::printf("}\n");
  }

 private:
  bool over() const {
    if (options_.seconds > 0 && between(began_, Clock::now()) >= options_.seconds) return true;
    return bodies_.empty() && std::ranges::all_of(clients_, [](const Client& one) { return one.socket < 0; });
  }

  void begin_what_is_due() {
    for (std::size_t i = 0; i < clients_.size() && !bodies_.empty(); ++i) {
      if (clients_[i].socket >= 0) continue;
      if (options_.every > 0 && between(began_, Clock::now()) * 1000 < options_.every * static_cast<double>(begun_)) return;
      begin(i);
    }
  }

  void begin(std::size_t number) {
    Client& client = clients_[number];
    client = Client();
    client.socket = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("cannot connect");
    const int on = 1;
    setsockopt(client.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::string body = std::move(bodies_.front());
    bodies_.pop_front();
    const std::string request = "POST /v1/completions HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
                                options_.key + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    if (write(client.socket, request.data(), request.size()) != static_cast<ssize_t>(request.size())) fail("cannot send");
    client.asked = Clock::now();
    epoll_event event{EPOLLIN, {.u64 = number}};
    epoll_ctl(poll_, EPOLL_CTL_ADD, client.socket, &event);
    ++begun_;
  }

  void take(Client& client) {
    std::array<char, 16384> bytes;
    const ssize_t n = read(client.socket, bytes.data(), bytes.size());
    if (n <= 0) fail("an answer was cut off: " + client.tail);
    const Clock::time_point now = Clock::now();
    client.tail.append(bytes.data(), static_cast<std::size_t>(n));
    if (brings_text(client.tail)) note(client, now);
    const bool done = client.tail.find("data: [DONE]") != std::string::npos;
    if (done) return end(client);
    constexpr std::string_view usage = "\"usage\":{";
    if (client.tail.find(usage) != std::string::npos) return;
    const std::size_t line = client.tail.rfind('\n');
    if (line != std::string::npos) client.tail.erase(0, line + 1);
  }

  static bool brings_text(std::string_view text) {
    constexpr std::string_view name = "\"text\":\"";
    for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
      if (at + name.size() < text.size() && text[at + name.size()] != '"') return true;
    }
    return false;
  }

  void note(Client& client, Clock::time_point now) {
    if (client.said) {
      gaps_.push_back(between(client.last, now));
    } else {
      first_.push_back(between(client.asked, now));
    }
    client.said = true;
    client.last = now;
  }

  void end(Client& client) {
    constexpr std::string_view name = "\"completion_tokens\":";
    const std::size_t at = client.tail.rfind(name);
    if (at == std::string::npos) fail("an answer without its usage: " + client.tail);
    tokens_ += std::atol(client.tail.c_str() + at + name.size());
    ++ended_;
    close(client.socket);
    client.socket = -1;
  }

  static void print_list(const char* name, std::vector<double>& values) {
    std::ranges::sort(values);
    std::printf("\"%s\":[", name);
    for (std::size_t i = 0; i < values.size(); ++i) std::printf("%s%.6f", i > 0 ? "," : "", values[i]);
    std::printf("]");
  }

  [[noreturn]] static void fail(const std::string& why) {
    std::fprintf(stderr, "churn_client: %s\n", why.c_str());
    std::exit(1);
  }

  const Options options_;
  std::deque<std::string> bodies_;
  std::vector<Client> clients_;
  const int poll_;
  Clock::time_point began_;
  std::size_t begun_ = 0, ended_ = 0;
  long tokens_ = 0;
  double seconds_ = 0;
  std::vector<double> first_, gaps_;
};

Options read_options(int count, char** arguments) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    if (name == "--port") options.port = std::atoi(arguments[i + 1]);
    if (name == "--clients") options.clients = static_cast<std::size_t>(std::max(1, std::atoi(arguments[i + 1])));
    if (name == "--every") options.every = std::atof(arguments[i + 1]);
    if (name == "--seconds") options.seconds = std::atof(arguments[i + 1]);
    if (name == "--key") options.key = arguments[i + 1];
  }
  return options;
}

}  // namespace

int main(int count, char** arguments) {
  std::deque<std::string> bodies;
  for (std::string line; std::getline(std::cin, line);) bodies.push_back(line);
  Crowd crowd(read_options(count, arguments), std::move(bodies));
  crowd.run();
  crowd.print();
  return 0;
}
