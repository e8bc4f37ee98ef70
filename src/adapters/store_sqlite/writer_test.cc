#include "writer.h"

#include <future>

#include "connections.h"
#include "migrations.h"
#include "open.h"
#include "test_store.h"

namespace gatehouse::adapters {
namespace {

using Nothing = std::monostate;

// Connections on a fresh file, and a write that holds the writer's thread until it is let go.
class Batches : public StoreTest {
 protected:
  void connect(std::size_t queue = 4096) {
    open();
    store_.reset();
    connections_.emplace(*open_file(file()), std::vector<Database>(), Connections::Queues{queue, 1}, &metrics_);
  }
  Task<Status> hold() {
    return connections_->write<Nothing>(reactor_, [this](Database&) {
      if (!held_) {
        held_ = true;
        started_.set_value();
        go_on_.get_future().wait();
      }
      return ok();
    });
  }
  Task<Status> wait_until_held() {
    started_.get_future().wait();
    co_return ok();
  }
  Task<Status> let_go() {
    go_on_.set_value();
    co_return ok();
  }
  Task<Status> put(const std::string& name) {
    return connections_->write<Nothing>(
        reactor_, [name](Database& database) { return database.prepare("INSERT INTO settings VALUES (?1, '')").bind(name).run(); });
  }
  // What SQLite does by itself when memory or disk give out in the middle.
  Task<Status> spoil_the_transaction() {
    return connections_->write<Nothing>(reactor_, [](Database& database) -> Status {
      GH_CHECK(database.run("ROLLBACK"));
      return internal_error("spoilt", "");
    });
  }
  std::uint64_t counted(const std::string& name) { return metrics_.counter(name, "").value(); }
  std::int64_t settings() { return *beside().ask_number("SELECT count(*) FROM settings"); }

  bool held_ = false;
  std::promise<void> started_, go_on_;
  std::optional<Connections> connections_;
};

TEST_F(Batches, WhatWaitsSharesOneCommit) {
  connect();
  std::vector<Task<Status>> tasks;
  tasks.push_back(hold());
  tasks.push_back(wait_until_held());
  for (int i = 0; i < 500; ++i) tasks.push_back(put(std::to_string(i)));
  tasks.push_back(let_go());
  for (const Status& one : run_tasks(reactor_, std::move(tasks))) EXPECT_EQ(outcome(one), "ok");
  EXPECT_EQ(counted("gatehouse_store_commits_total"), 2U);
  EXPECT_EQ(settings(), 500);
}

TEST_F(Batches, TheConnectionIsInUseWhileItWorks) {
  connect();
  const auto shows = [&](const std::string& line) { return metrics_.scrape().find("\n" + line + "\n") != std::string::npos; };
  const auto look = [&]() -> Task<Status> {
    EXPECT_TRUE(shows("llm_api_db_connection_pool_size 1") && shows("llm_api_db_connection_pool_used 1")) << metrics_.scrape();
    co_return ok();
  };
  std::vector<Task<Status>> tasks;
  tasks.push_back(hold());
  tasks.push_back(wait_until_held());
  tasks.push_back(look());
  tasks.push_back(let_go());
  for (const Status& one : run_tasks(reactor_, std::move(tasks))) EXPECT_EQ(outcome(one), "ok");
  connections_.reset();  // its thread has ended
  EXPECT_TRUE(shows("llm_api_db_connection_pool_used 0")) << metrics_.scrape();
}

TEST_F(Batches, NobodyIsAnsweredBeforeTheCommit) {
  connect();
  std::vector<Task<Status>> tasks;
  tasks.push_back(hold());
  tasks.push_back(wait_until_held());
  tasks.push_back(put("a"));
  tasks.push_back(let_go());
  std::vector<Status> answers = run_tasks(reactor_, std::move(tasks));
  EXPECT_EQ(settings(), 1) << "another connection sees it by now";
}

TEST_F(Batches, OneThatSpoilsTheTransactionTakesNobodyWithIt) {
  connect();
  std::vector<Task<Status>> tasks;
  tasks.push_back(hold());
  tasks.push_back(wait_until_held());
  tasks.push_back(put("before"));
  tasks.push_back(spoil_the_transaction());
  tasks.push_back(put("behind"));
  tasks.push_back(let_go());
  const std::vector<Status> answers = run_tasks(reactor_, std::move(tasks));
  EXPECT_EQ(outcome(answers[2]), "ok");
  EXPECT_EQ(outcome(answers[3]), "store_unavailable");
  EXPECT_EQ(outcome(answers[4]), "ok");
  EXPECT_EQ(settings(), 2);
  EXPECT_EQ(counted("gatehouse_store_failures_total"), 1U);
}

TEST_F(Batches, AFullQueueIsAnAnswer) {
  connect(4);
  std::vector<Task<Status>> tasks;
  tasks.push_back(hold());
  tasks.push_back(wait_until_held());
  for (int i = 0; i < 6; ++i) tasks.push_back(put(std::to_string(i)));
  tasks.push_back(let_go());
  const std::vector<Status> answers = run_tasks(reactor_, std::move(tasks));
  for (std::size_t i = 2; i < 6; ++i) EXPECT_EQ(outcome(answers[i]), "ok") << i;
  for (std::size_t i = 6; i < 8; ++i) {
    ASSERT_EQ(outcome(answers[i]), "store_unavailable") << i;
    EXPECT_TRUE(answers[i].error().retry().worthwhile());
  }
  EXPECT_EQ(settings(), 4);
}

TEST_F(Batches, WorkThatBreaksAnInvariantIsOneError) {
  connect();
  std::vector<Task<Status>> tasks;
  tasks.push_back(connections_->write<Nothing>(reactor_, [](Database&) -> Status {
    GH_ASSERT(1 > 2);
    return ok();
  }));
  tasks.push_back(put("a"));
  const std::vector<Status> answers = run_tasks(reactor_, std::move(tasks));
  EXPECT_EQ(outcome(answers[0]), "store_work_broken");
  EXPECT_EQ(outcome(answers[1]), "ok");
}

TEST_F(Batches, AWriterInAnotherProcessIsWaitedFor) {
  connect();
  Database other = beside();
  ASSERT_EQ(outcome(other.run("BEGIN IMMEDIATE")), "ok");
  std::vector<Task<Status>> tasks;
  tasks.push_back(put("a"));
  tasks.push_back([](Database& holder) -> Task<Status> { co_return holder.run("COMMIT"); }(other));
  for (const Status& one : run_tasks(reactor_, std::move(tasks))) EXPECT_EQ(outcome(one), "ok");
}

TEST_F(Batches, OperationsAreTimed) {
  open();
  ASSERT_EQ(outcome(create("demo")), "ok");
  ASSERT_EQ(outcome(find("demo")), "ok");
  EXPECT_THAT(metrics_.scrape(), ::testing::HasSubstr("gatehouse_store_seconds_count{operation=\"write\"} 1"));
  EXPECT_THAT(metrics_.scrape(), ::testing::HasSubstr("gatehouse_store_seconds_count{operation=\"read\"} 1"));
}

}  // namespace
}  // namespace gatehouse::adapters
