#pragma once

// What the members of admin_types.h are called in the admin API's JSON (src/server/admin/admin_api.h). One
// table for each type; admin_json.cc reads by them.

#include <cstddef>
#include <tuple>
#include <type_traits>

#include "cli/rexray/admin_types.h"

namespace rexray::cli {

/// One member of one object of the API. What is absent, or of another type, leaves the member as it is: a
/// daemon of another version is no reason to fail. "pool.name" is a member of a member.
template <typename T, typename M>
struct Field {
  const char* key;
  M T::*member;
};
template <typename T, typename M>
Field(const char*, M T::*) -> Field<T, M>;

/// A type of the API has its table here.
template <typename T>
inline constexpr auto kFields = nullptr;

template <>
inline constexpr auto kFields<AttachmentInfo> =
    std::tuple{Field{"node", &AttachmentInfo::node}, Field{"state", &AttachmentInfo::state},
               Field{"device", &AttachmentInfo::device}};

template <>
inline constexpr auto kFields<ConsumerInfo> =
    std::tuple{Field{"api", &ConsumerInfo::api},         Field{"id", &ConsumerInfo::id},
               Field{"counted", &ConsumerInfo::counted}, Field{"count", &ConsumerInfo::count},
               Field{"since", &ConsumerInfo::since},     Field{"verdict", &ConsumerInfo::verdict},
               Field{"why", &ConsumerInfo::why}};

template <>
inline constexpr auto kFields<UseInfo> = std::tuple{Field{"pid", &UseInfo::pid},
                                                    Field{"command", &UseInfo::command},
                                                    Field{"mountNamespace", &UseInfo::mount_namespace},
                                                    Field{"target", &UseInfo::target},
                                                    Field{"how", &UseInfo::how},
                                                    Field{"container", &UseInfo::container}};

template <>
inline constexpr auto kFields<ConsumerList> =
    std::tuple{Field{"consumers", &ConsumerList::consumers}, Field{"uses", &ConsumerList::uses}};

template <>
inline constexpr auto kFields<UsageInfo::Space> =
    std::tuple{Field{"size", &UsageInfo::Space::size}, Field{"available", &UsageInfo::Space::available}};

template <>
inline constexpr auto kFields<UsageInfo> =
    std::tuple{Field{"fileSystem", &UsageInfo::file_system}, Field{"pool", &UsageInfo::pool},
               Field{"pool.name", &UsageInfo::pool_name}, Field{"problem", &UsageInfo::problem}};

template <>
inline constexpr auto kFields<VolumeInfo> = std::tuple{Field{"service", &VolumeInfo::service},
                                                       Field{"id", &VolumeInfo::id},
                                                       Field{"name", &VolumeInfo::name},
                                                       Field{"size", &VolumeInfo::size},
                                                       Field{"allocated", &VolumeInfo::allocated},
                                                       Field{"type", &VolumeInfo::type},
                                                       Field{"fsType", &VolumeInfo::fs_type},
                                                       Field{"iops", &VolumeInfo::iops},
                                                       Field{"throughput", &VolumeInfo::throughput},
                                                       Field{"zone", &VolumeInfo::zone},
                                                       Field{"encrypted", &VolumeInfo::encrypted},
                                                       Field{"tags", &VolumeInfo::tags},
                                                       Field{"status", &VolumeInfo::status},
                                                       Field{"statusDetail", &VolumeInfo::status_detail},
                                                       Field{"attachments", &VolumeInfo::attachments},
                                                       Field{"created", &VolumeInfo::created},
                                                       Field{"createdByUs", &VolumeInfo::created_by_us},
                                                       Field{"blank", &VolumeInfo::blank},
                                                       Field{"mkfsOptions", &VolumeInfo::mkfs_options},
                                                       Field{"mountOptions", &VolumeInfo::mount_options},
                                                       Field{"state", &VolumeInfo::state},
                                                       Field{"device", &VolumeInfo::device},
                                                       Field{"mountPoint", &VolumeInfo::mount_point},
                                                       Field{"consumers", &VolumeInfo::consumers},
                                                       Field{"waitingFor", &VolumeInfo::waiting_for}};

template <>
inline constexpr auto kFields<SnapshotInfo> =
    std::tuple{Field{"service", &SnapshotInfo::service},
               Field{"id", &SnapshotInfo::id},
               Field{"name", &SnapshotInfo::name},
               Field{"description", &SnapshotInfo::description},
               Field{"sourceVolume", &SnapshotInfo::source_volume},
               Field{"size", &SnapshotInfo::size},
               Field{"allocated", &SnapshotInfo::allocated},
               Field{"fsType", &SnapshotInfo::fs_type},
               Field{"tags", &SnapshotInfo::tags},
               Field{"created", &SnapshotInfo::created},
               Field{"status", &SnapshotInfo::status},
               Field{"statusDetail", &SnapshotInfo::status_detail},
               Field{"progressPercent", &SnapshotInfo::progress_percent},
               Field{"encrypted", &SnapshotInfo::encrypted},
               Field{"createdByUs", &SnapshotInfo::created_by_us}};

template <>
inline constexpr auto kFields<VolumeList> =
    std::tuple{Field{"volumes", &VolumeList::volumes}, Field{"errors", &VolumeList::errors}};

template <>
inline constexpr auto kFields<SnapshotListing> =
    std::tuple{Field{"snapshots", &SnapshotListing::snapshots}, Field{"errors", &SnapshotListing::errors}};

template <>
inline constexpr auto kFields<NodeInfo> =
    std::tuple{Field{"service", &NodeInfo::service}, Field{"driver", &NodeInfo::driver},
               Field{"id", &NodeInfo::id},           Field{"name", &NodeInfo::name},
               Field{"zone", &NodeInfo::zone},       Field{"region", &NodeInfo::region}};

template <>
inline constexpr auto kFields<NodeList> =
    std::tuple{Field{"nodes", &NodeList::nodes}, Field{"errors", &NodeList::errors}};

template <>
inline constexpr auto kFields<ServiceInfo> = std::tuple{Field{"name", &ServiceInfo::name},
                                                        Field{"driver", &ServiceInfo::driver},
                                                        Field{"state", &ServiceInfo::state},
                                                        Field{"error", &ServiceInfo::error},
                                                        Field{"volumes", &ServiceInfo::volumes},
                                                        Field{"volumesError", &ServiceInfo::volumes_error},
                                                        Field{"dockerSocket", &ServiceInfo::docker_socket},
                                                        Field{"specFile", &ServiceInfo::spec_file},
                                                        Field{"capabilities.kind", &ServiceInfo::kind},
                                                        Field{"capabilities.scope", &ServiceInfo::scope}};

template <>
inline constexpr auto kFields<DaemonStatus> =
    std::tuple{Field{"version", &DaemonStatus::version},
               Field{"pid", &DaemonStatus::pid},
               Field{"startedAt", &DaemonStatus::started_at},
               Field{"uptimeSeconds", &DaemonStatus::uptime_seconds},
               Field{"logLevel", &DaemonStatus::log_level},
               Field{"configFile", &DaemonStatus::config_file},
               Field{"runDirectory", &DaemonStatus::run_directory},
               Field{"volumesRoot", &DaemonStatus::volumes_root},
               Field{"defaultService", &DaemonStatus::default_service},
               Field{"warnings", &DaemonStatus::warnings},
               Field{"services", &DaemonStatus::services}};

template <>
inline constexpr auto kFields<EventInfo> =
    std::tuple{Field{"sequence", &EventInfo::sequence}, Field{"at", &EventInfo::at},
               Field{"level", &EventInfo::level},       Field{"kind", &EventInfo::kind},
               Field{"service", &EventInfo::service},   Field{"id", &EventInfo::id},
               Field{"name", &EventInfo::name},         Field{"text", &EventInfo::text}};

template <typename T>
inline constexpr bool kHasFields = !std::is_same_v<std::remove_cv_t<decltype(kFields<T>)>, std::nullptr_t>;

}  // namespace rexray::cli
