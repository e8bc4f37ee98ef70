// runtime/run_task.h — a thread that has nothing else to do turns a reactor until tasks have ended: commands, tests, measurements.
// Threads  the caller's; the reactor must not be running
// Errors   an exception that escapes a task is thrown on, once all have ended
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/task.h"

namespace gatehouse {
namespace detail {

// What a task gives need not be default-constructible, as Asio would have it.
template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await std::move(task));
}

}  // namespace detail

// All at once; their results in the same order.
template <class T>
std::vector<T> run_tasks(Reactor& reactor, std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> kept(tasks.size());
  std::exception_ptr escaped;
  std::size_t left = tasks.size();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    boost::asio::co_spawn(reactor.executor(), detail::keep(std::move(tasks[i]), kept[i]), [&](std::exception_ptr failed) {
      if (failed) escaped = failed;
      if (--left == 0) reactor.stop();
    });
  }
  if (left > 0) {
    reactor.context().restart();
    reactor.run();
  }
  if (escaped) std::rethrow_exception(escaped);
  std::vector<T> results;
  for (std::optional<T>& one : kept) results.push_back(std::move(*one));
  return results;
}

template <class T>
T run_task(Reactor& reactor, Task<T> task) {
  std::vector<Task<T>> one;
  one.push_back(std::move(task));
  return std::move(run_tasks(reactor, std::move(one)).front());
}

}  // namespace gatehouse
