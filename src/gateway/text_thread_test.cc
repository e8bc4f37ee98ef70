#include "text_thread.h"

#include <gtest/gtest.h>

#include <future>
#include <new>
#include <thread>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/runtime/run_task.h"

namespace gatehouse::gateway {
namespace {

using Place = std::thread::id;
using Work = std::function<Result<Place>()>;

// Long work that says where it is done, once it may.
class TextThreadTest : public testing::Test {
 protected:
  Work where_it_is_done() {
    return [opened = opened_] {
      opened.wait();
      return Result<Place>(std::this_thread::get_id());
    };
  }
  Work here(std::function<void()> what) {
    return [what = std::move(what)] { return what(), Result<Place>(std::this_thread::get_id()); };
  }
  void read(std::uint32_t tenant) { tasks_.push_back(texts_.read<Place>(reactor_, tenant, true, where_it_is_done())); }
  void write(Work work) { tasks_.push_back(texts_.write<Place>(reactor_, true, std::move(work))); }
  // On the reactor, once all those before have been sent off.
  void then(std::function<void()> what) { tasks_.push_back(texts_.write<Place>(reactor_, false, here(std::move(what)))); }
  std::vector<Result<Place>> run() { return run_tasks(reactor_, std::move(tasks_)); }

  const SystemClock clock_;
  Reactor reactor_{0, clock_};
  TextThread texts_;
  std::promise<void> open_;
  const std::shared_future<void> opened_ = open_.get_future().share();
  std::vector<Task<Result<Place>>> tasks_;
};

TEST_F(TextThreadTest, OneTenantLeavesPlacesToOthers) {
  for (int i = 0; i < 40; ++i) read(1);
  read(2);
  then([this] { open_.set_value(); });
  const std::vector<Result<Place>> done = run();
  for (std::size_t i = 0; i < 40; ++i) {
    ASSERT_EQ(done[i].ok(), i < 32) << i;
    if (!done[i]) {
      EXPECT_EQ(done[i].error().reason(), "server_is_overloaded");
    }
  }
  ASSERT_TRUE(done[40].ok());
  EXPECT_NE(*done[40], std::this_thread::get_id());
}

TEST_F(TextThreadTest, WhatWasComputedIsWrittenHereWhereThereIsNoPlace) {
  std::promise<void> begins;
  write([&begins, waits = where_it_is_done()] { return begins.set_value(), waits(); });
  then([begun = begins.get_future().share()] { begun.wait(); });
  for (int i = 0; i < 64; ++i) write(where_it_is_done());
  write(here([] {}));
  then([this] { open_.set_value(); });
  const std::vector<Result<Place>> done = run();
  ASSERT_EQ(done.size(), 68U);
  for (const Result<Place>& one : done) ASSERT_TRUE(one.ok());
  EXPECT_EQ(*done[66], std::this_thread::get_id());
  for (std::size_t i = 2; i < 66; ++i) EXPECT_NE(*done[i], std::this_thread::get_id());
}

TEST_F(TextThreadTest, AnswersDoNotWaitForTexts) {
  read(1);
  write(here([this] { open_.set_value(); }));
  for (const Result<Place>& one : run()) EXPECT_TRUE(one.ok());
}

TEST_F(TextThreadTest, WhatBreaksIsOneRequestAndNotTheProcess) {
  const Work breaks = []() -> Result<Place> { throw std::bad_alloc(); };
  EXPECT_THROW(static_cast<void>(run_task(reactor_, texts_.read<Place>(reactor_, 1, true, breaks))), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(run_task(reactor_, texts_.write<Place>(reactor_, true, breaks))), std::bad_alloc);
  open_.set_value();
  EXPECT_TRUE(run_task(reactor_, texts_.read<Place>(reactor_, 1, true, where_it_is_done())).ok());
  EXPECT_TRUE(run_task(reactor_, texts_.write<Place>(reactor_, true, where_it_is_done())).ok());
}

}  // namespace
}  // namespace gatehouse::gateway
