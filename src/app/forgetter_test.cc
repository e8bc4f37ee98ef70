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

  FakeClock clock_;
  Reactor reactor_{0, clock_};
  std::filesystem::path folder_;
  std::unique_ptr<DataFolder> data_;
  int published_ = 0;
};

TEST_F(Forgetter_, ForgetsEveryHourWhatHasExpired) {
  Forgetter forgetter(reactor_, registry(), data_->house().audit(), std::chrono::hours(24));
  forgetter.begin();
  revoke("soon over", seconds(60));
  revoke("over in an hour and a minute", Forgetter::interval + seconds(60));
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

TEST_F(Forgetter_, ForgetsWhatWasAskedOfModelsOnceItIsOldEnough) {
  const auto& audit = data_->house().audit();
  Forgetter forgetter(reactor_, registry(), audit, std::chrono::minutes(90));
  forgetter.begin();
  telemetry::AuditRecord asked;
  asked.time = std::chrono::floor<std::chrono::microseconds>(clock_.wall());
  asked.action = "llm_chat";
  asked.outcome = "ok";
  asked.request_id = "r1";
  telemetry::AuditContent content;
  content.request_id = asked.request_id;
  content.time = asked.time;
  content.text = R"({"prompt":"Hi"})";
  ASSERT_TRUE(run_task(reactor_, audit.append(reactor_, {asked})).ok());
  ASSERT_TRUE(run_task(reactor_, audit.keep(reactor_, {content})).ok());
  store::AuditQuery query;
  query.with_content = true;
  const auto shown = [&] { return run_task(reactor_, audit.list(reactor_, query))->data.at(0).content; };
  watch();
  pass(Forgetter::interval);
  wait_until_forgotten();
  EXPECT_EQ(shown(), content.text) << "not yet";
  pass(Forgetter::interval);
  wait_until_forgotten();
  EXPECT_EQ(shown(), "");
  query.with_content = false;
  EXPECT_EQ(run_task(reactor_, audit.list(reactor_, query))->data.at(0).record, asked) << "the record stays";
}

}  // namespace
}  // namespace gatehouse::app
