// runtime/task.h — what a coroutine returns: Asio's awaitable on a concrete executor (21 ns an await).
// Rules    may suspend: returns Task<T> and takes Reactor& · may block: takes Worker& · neither: a plain function.
//          Never a capturing lambda or a braced aggregate inside a co_await expression: gcc 12 destroys it twice.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gatehouse {

using Executor = boost::asio::io_context::executor_type;
template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;
inline constexpr boost::asio::use_awaitable_t<Executor> use_task{};

}  // namespace gatehouse
