// adapters/engine_child/child_output.h — what a child writes to its standard output and error, line by line.
// Units    a line is cut at 1 KiB; of more than 50 lines in a second the rest is counted and left out: a child is not trusted
// Threads  one reactor
#pragma once
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "gatehouse/base/fd.h"
#include "gatehouse/runtime/reactor.h"

namespace gatehouse::adapters {

class ChildOutput : public std::enable_shared_from_this<ChildOutput> {
 public:
  using Line = std::function<void(const std::string& line)>;

  // Reads until the child has closed its end. pipe: the end to read from.
  static std::shared_ptr<ChildOutput> start(Reactor& reactor, Fd pipe, Line line);
  // Nothing is said any more.
  void stop();

 private:
  ChildOutput(Reactor& reactor, Line line) : reactor_(reactor), pipe_(reactor.executor()), line_(std::move(line)) {}
  void wait();
  void read();
  void take(char byte);
  void say();

  Reactor& reactor_;
  boost::asio::posix::basic_stream_descriptor<Executor> pipe_;
  Line line_;
  std::string held_;  // of the line under way
  Instant second_{};  // when the second that is counted began
  std::uint32_t said_ = 0, left_out_ = 0;
};

}  // namespace gatehouse::adapters
