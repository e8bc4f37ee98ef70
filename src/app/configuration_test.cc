#include "configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gatehouse::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// In a folder of its own, because ./.env is read where the process stands.
class ConfigurationFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    before_ = std::filesystem::current_path();
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-settings-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::current_path(folder_);
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }
  static void write(const char* name, const char* text) { std::ofstream(name) << text; }

  std::filesystem::path before_, folder_;
};

TEST_F(ConfigurationFiles, NeedNotBeThere) {
  const Configuration made = read_configuration({});
  EXPECT_TRUE(made.ok());
  EXPECT_EQ(made.file, "");
  EXPECT_EQ(made.settings.server.backlog, 2048U);
}

TEST_F(ConfigurationFiles, OneThatIsNamedMustBeThere) {
  ConfigurationOptions options;
  options.file = "none.toml";
  const Configuration made = read_configuration(options);
  ASSERT_EQ(made.reading.faults.size(), 1U);
  EXPECT_EQ(to_text(made.reading.faults[0]), "none.toml: there is no file 'none.toml'");
}

TEST_F(ConfigurationFiles, AFileNobodyNamedIsNotRead) {
  write("gatehouse.toml", "nonsense");
  EXPECT_TRUE(read_configuration({}).ok());
}

TEST_F(ConfigurationFiles, AFolderCalledDotenvIsNone) {
  std::filesystem::create_directory(".env");
  EXPECT_TRUE(read_configuration({}).ok());
}

TEST_F(ConfigurationFiles, AreNamedByOptionEnvironmentOrDotenv) {
  write("a.toml", "server.backlog = 1");
  write("b.toml", "server.backlog = 2");
  write("c.toml", "server.backlog = 3");
  write(".env", "GATEHOUSE_CONFIG=a.toml");
  ConfigurationOptions options;
  EXPECT_EQ(read_configuration(options).settings.server.backlog, 1U);
  options.environment["GATEHOUSE_CONFIG"] = "b.toml";
  EXPECT_EQ(read_configuration(options).settings.server.backlog, 2U);
  options.file = "c.toml";
  EXPECT_EQ(read_configuration(options).settings.server.backlog, 3U);
  EXPECT_EQ(read_configuration(options).file, "c.toml");
}

TEST_F(ConfigurationFiles, EveryFaultOfEverySourceIsThere) {
  write("a.toml", "server.backlog = 0\nserver.listen = [\"0.0.0.0:1\"]");
  write(".env", "GATEHOUSE_LOG_LEVEL=loud");
  ConfigurationOptions options;
  options.file = "a.toml";
  options.environment["GATEHOUSE_LOG_FORMAT"] = "xml";
  options.said.push_back(config::Assignment{"engine.llama.sequences", "--sequences", {"0"}});
  std::vector<std::string> places;
  for (const config::Fault& fault : read_configuration(options).reading.faults) places.push_back(to_text(fault.place));
  EXPECT_THAT(places, ElementsAre("a.toml:1:18", ".env:1:1 GATEHOUSE_LOG_LEVEL", "environment GATEHOUSE_LOG_FORMAT",
                                  "command line --sequences", "a.toml:2:17"));
}

config::Reading reading_of(const char* toml) {
  config::Sources sources;
  sources.file = config::Document{"a.toml", toml};
  return config::read(settings_schema().keys(), sources);
}

TEST(PlanReload, TakesWhatMayChangeAndNamesWhatMustWait) {
  const config::Reading first = reading_of("log.level = \"info\"\nserver.backlog = 5");
  const config::Reading second = reading_of("log.level = \"debug\"\nserver.backlog = 6\nserver.drain_deadline = \"1s\"");
  const Reload plan = plan_reload(settings_schema().keys(), first.values, second.values);
  EXPECT_THAT(plan.applied, ElementsAre("server.drain_deadline", "log.level"));
  EXPECT_THAT(plan.waiting, ElementsAre("server.backlog"));
  const Settings in_force = settings_schema().settings(plan.in_force);
  EXPECT_EQ(in_force.log.level, telemetry::LogLevel::debug);
  EXPECT_EQ(in_force.server.drain_deadline, seconds(1));
  EXPECT_EQ(in_force.server.backlog, 5U);
}

TEST(PlanReload, NamesWhatWaitsAgainAtTheNextOne) {
  const config::Reading first = reading_of(""), second = reading_of("server.backlog = 6");
  const Reload once = plan_reload(settings_schema().keys(), first.values, second.values);
  const Reload twice = plan_reload(settings_schema().keys(), once.in_force, second.values);
  EXPECT_THAT(twice.waiting, ElementsAre("server.backlog"));
  EXPECT_THAT(plan_reload(settings_schema().keys(), once.in_force, first.values).waiting, IsEmpty());
}

TEST(PlanReload, ChangesNothingWhereNothingHasChanged) {
  const config::Reading same = reading_of("log.level = \"warn\"");
  const Reload plan = plan_reload(settings_schema().keys(), same.values, same.values);
  EXPECT_THAT(plan.applied, IsEmpty());
  EXPECT_THAT(plan.waiting, IsEmpty());
  EXPECT_EQ(plan.in_force, same.values);
}

}  // namespace
}  // namespace gatehouse::app
