#include "forgetter.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "data_folder.h"
#include "gatehouse/base/fake_clock.h"
#include "gatehouse/runtime/run_task.h"

namespace gatehouse::app {
namespace {

using store::RevocationKind;

// Whose wall clock is set.
class SetClock final : public Clock {
 public:
  Instant now() const override { return clock_.now(); }
  WallTime wall() const override { return clock_.wall() + set_; }
  nanoseconds thread_cpu() const override { return clock_.thread_cpu(); }
  void advance(nanoseconds by) { clock_.advance(by); }
  void set(seconds by) { set_ += by; }

 private:
  FakeClock clock_;
  seconds set_{0};
};

class Forgetter_ : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-forget-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    auto opened = DataFolder::open((folder_ / "data").string(), Settings(), [](const identity::FirstStart&) {});
    ASSERT_TRUE(opened.ok()) << opened.error().describe();
    data_ = std::move(*opened);
  }
  void TearDown() override {
    data_.reset();
    std::filesystem::remove_all(folder_);
  }
  identity::Registry& registry() { return data_->house().registry(); }
  void revoke(const std::string& id, seconds expires_in) {
    store::Revocation revocation(RevocationKind::token_id, id, now() + expires_in);
    revocation.expires = now() + expires_in;
    ASSERT_TRUE(run_task(reactor_, registry().revoke(reactor_, std::move(revocation))).ok());
  }
  std::size_t kept() { return run_task(reactor_, data_->store().revocations().since(reactor_, 0, 100))->data.size(); }
  store::Moment now() const { return std::chrono::floor<seconds>(clock_.wall()); }
  // What expired is forgotten last, and published.
  void watch() {
    registry().follow([this](const identity::DirectoryPtr&) { ++published_; });
  }
  void wait_until_forgotten() {
    for (const int seen = published_; published_ == seen;) static_cast<void>(kept());
  }
  void pass(seconds time) {
    clock_.advance(time);
    reactor_.tick();
  }

  SetClock clock_;
  Reactor reactor_{0, clock_};
  std::filesystem::path folder_;
  std::unique_ptr<DataFolder> data_;
  int published_ = 0;
};

TEST_F(Forgetter_, ForgetsEveryWhileWhatHasExpired) {
  Forgetter forgetter(reactor_, registry(), data_->house().audit(), std::chrono::hours(24));
  forgetter.begin();
  revoke("soon over", seconds(60));
  revoke("over a minute later", Forgetter::interval + seconds(60));
  revoke("over much later", Forgetter::interval * 10);
  watch();
  const auto forgotten = [&] {
    wait_until_forgotten();
    return kept();
  };
  pass(Forgetter::interval - seconds(1));
  EXPECT_EQ(kept(), 3U) << "not yet";
  pass(seconds(2));
  EXPECT_EQ(forgotten(), 2U);
  pass(Forgetter::interval);
  EXPECT_EQ(forgotten(), 1U);
  EXPECT_TRUE(registry().current()->revoked(RevocationKind::token_id, "over much later", unix_seconds(clock_.wall())));
}

// A logout above all: what was revoked would be taken again.
TEST_F(Forgetter_, ForgetsNothingThatComesAgainWhenTheClockIsSetAheadAndBack) {
  constexpr seconds much = Forgetter::interval * 20;
  Forgetter forgetter(reactor_, registry(), data_->house().audit(), std::chrono::hours(24));
  forgetter.begin();
  revoke("logout", Forgetter::interval * 10);
  watch();
  const auto kept_after = [this](seconds set) {
    clock_.set(set);
    pass(Forgetter::interval);
    wait_until_forgotten();
    return kept();
  };
  EXPECT_EQ(kept_after(seconds(0)), 1U);
  EXPECT_EQ(kept_after(much), 1U) << "for a while only";
  EXPECT_EQ(kept_after(-much), 1U);
  EXPECT_TRUE(registry().current()->revoked(RevocationKind::token_id, "logout", unix_seconds(clock_.wall())));
  EXPECT_EQ(kept_after(much), 1U);
  EXPECT_EQ(kept_after(seconds(0)), 0U) << "it has stood";
}

constexpr const char* what_was_asked = R"({"prompt":"Hi"})";

class ForgetterOfContents : public Forgetter_ {
 protected:
  void SetUp() override {
    Forgetter_::SetUp();
    asked_.time = std::chrono::floor<std::chrono::microseconds>(clock_.wall());
    asked_.action = "llm_chat";
    asked_.outcome = "ok";
    asked_.request_id = "r1";
    telemetry::AuditContent content;
    content.request_id = asked_.request_id;
    content.time = asked_.time;
    content.text = what_was_asked;
    ASSERT_TRUE(run_task(reactor_, audit().append(reactor_, {asked_})).ok());
    ASSERT_TRUE(run_task(reactor_, audit().keep(reactor_, {content})).ok());
  }
  const identity::AuditDesk& audit() { return data_->house().audit(); }
  std::string shown() {
    store::AuditQuery query;
    query.with_content = true;
    const auto page = run_task(reactor_, audit().list(reactor_, query));
    EXPECT_EQ(page->data.at(0).record, asked_) << "the record stays";
    return page->data.at(0).content;
  }

  telemetry::AuditRecord asked_;
};

TEST_F(ForgetterOfContents, ForgetsThemOnceTheyAreOldEnough) {
  Forgetter forgetter(reactor_, registry(), audit(), Forgetter::interval * 3 / 2);
  forgetter.begin();
  watch();
  pass(Forgetter::interval);
  wait_until_forgotten();
  EXPECT_EQ(shown(), what_was_asked) << "not yet";
  pass(Forgetter::interval);
  wait_until_forgotten();
  EXPECT_EQ(shown(), "");
}

// Else they stay for good where a server never runs for long.
TEST_F(ForgetterOfContents, ForgetsThemAtTheStart) {
  pass(std::chrono::minutes(91));
  EXPECT_EQ(shown(), what_was_asked) << "nobody has forgotten them";
  Forgetter forgetter(reactor_, registry(), audit(), std::chrono::minutes(90));
  forgetter.begin();
  const auto patience = std::chrono::steady_clock::now() + seconds(30);
  while (!shown().empty() && std::chrono::steady_clock::now() < patience) continue;
  EXPECT_EQ(shown(), "");
}

}  // namespace
}  // namespace gatehouse::app
