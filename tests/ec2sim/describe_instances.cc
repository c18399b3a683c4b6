#include <algorithm>
#include <map>

#include "base/status.h"
#include "ec2sim/actions.h"
#include "ec2sim/ec2_error.h"
#include "ec2sim/filters.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

struct Mapping {
  const Volume* volume;
  const Attachment* attachment;
};

int StateCode(const std::string& state) {
  if (state == "pending") return 0;
  if (state == "running") return 16;
  if (state == "shutting-down") return 32;
  if (state == "terminated") return 48;
  if (state == "stopping") return 64;
  return 80;
}

std::string InstanceXml(const World& world, const Instance& instance, const std::vector<Mapping>& devices) {
  XmlWriter xml;
  xml.Text("instanceId", instance.id).Text("imageId", "ami-0123456789abcdef0");
  xml.Open("instanceState").Number("code", StateCode(instance.state)).Text("name", instance.state);
  xml.Close("instanceState").Text("instanceType", instance.type).Time("launchTime", instance.launched);
  xml.Open("placement").Text("availabilityZone", instance.zone);
  xml.Text("availabilityZoneId", ZoneIdOf(world, instance.zone)).Close("placement");
  xml.Text("privateIpAddress", instance.private_address).Text("architecture", "x86_64");
  xml.Text("rootDeviceType", "ebs").Text("rootDeviceName", "/dev/xvda").Open("blockDeviceMapping");
  for (const Mapping& device : devices) {
    const Attachment& a = *device.attachment;
    xml.Open("item").Text("deviceName", a.device).Open("ebs").Text("volumeId", device.volume->id);
    xml.Text("status", a.state == "busy" ? "detaching" : a.state).Time("attachTime", a.since);
    xml.Flag("deleteOnTermination", a.delete_on_termination).Close("ebs").Close("item");
  }
  xml.Close("blockDeviceMapping").Raw(TagSetXml(instance.tags));
  xml.Open("networkInterfaceSet").Open("item").Text("networkInterfaceId", "eni-0123456789abcdef0");
  xml.Close("item").Close("networkInterfaceSet");
  return xml.Take();
}

std::optional<std::vector<std::string>> InstanceFilterValues(const Instance& instance,
                                                             const std::vector<Mapping>& devices,
                                                             const std::string& name) {
  using List = std::vector<std::string>;
  if (name == "instance-id") return List{instance.id};
  if (name == "instance-state-name") return List{instance.state};
  if (name == "instance-state-code") return List{std::to_string(StateCode(instance.state))};
  if (name == "instance-type") return List{instance.type};
  if (name == "availability-zone") return List{instance.zone};
  if (name == "private-ip-address") return List{instance.private_address};
  if (name == "block-device-mapping.volume-id") {
    List out;
    for (const Mapping& device : devices) out.push_back(device.volume->id);
    return out;
  }
  if (name == "block-device-mapping.device-name") {
    List out;
    for (const Mapping& device : devices) out.push_back(device.attachment->device);
    return out;
  }
  return TagFilterValues(instance.tags, name);
}

absl::Status CheckNamed(const World& world, const std::vector<std::string>& named,
                        const ApiRequest& request) {
  if (!named.empty() && request.Has("MaxResults")) {
    return Ec2Error("InvalidParameterCombination",
                    "The parameter instancesSet cannot be used with the parameter maxResults");
  }
  std::string missing;
  for (const std::string& id : named) {
    RETURN_IF_ERROR(CheckId(id, "i", "Instance"));
    if (!world.instances().contains(id)) missing += (missing.empty() ? "" : ", ") + id;
  }
  if (missing.empty()) return absl::OkStatus();
  const bool several = missing.find(',') != std::string::npos;
  return Ec2Error("InvalidInstanceID.NotFound", "The instance ID{} '{}' do{} not exist", several ? "s" : "",
                  missing, several ? "" : "es");
}

void WriteInstanceType(XmlWriter& xml, const InstanceType& type) {
  xml.Open("item").Text("instanceType", type.name).Flag("currentGeneration", type.nitro);
  xml.Text("hypervisor", type.nitro ? "nitro" : "xen").Open("ebsInfo");
  xml.Text("ebsOptimizedSupport", "default").Text("encryptionSupport", "supported");
  xml.Text("nvmeSupport", type.nitro ? "required" : "unsupported");
  if (type.nitro) {
    xml.Number("maximumEbsAttachments", type.attachments);
    xml.Text("attachmentLimitType", type.shared ? "shared" : "dedicated");
  }
  xml.Number("maximumEbsCards", type.cards).Close("ebsInfo").Close("item");
}

}  // namespace

ActionResult DescribeInstances(World& world, const ApiRequest& request) {
  const std::vector<std::string> named = request.List("InstanceId");
  RETURN_IF_ERROR(CheckNamed(world, named, request));
  const auto view = world.InstanceVolumeView();
  std::map<std::string, std::vector<Mapping>> devices;
  for (const auto& entry : view) {
    for (const Attachment& a : entry->value.attachments) devices[a.instance].push_back({&entry->value, &a});
  }
  const std::vector<Filter> filters = request.Filters();
  std::vector<std::string> ids;
  for (const auto& entry : world.instances()) {
    const std::string& id = entry.first;
    const Instance& instance = entry.second;
    if (!named.empty() && std::find(named.begin(), named.end(), id) == named.end()) continue;
    ASSIGN_OR_RETURN(const bool matches, Matches(filters, [&](const std::string& name) {
                       return InstanceFilterValues(instance, devices[id], name);
                     }));
    if (matches) ids.push_back(id);
  }
  ASSIGN_OR_RETURN(const Page page, PageOf(request, ids, 5, 1000));
  XmlWriter xml;
  xml.Open("reservationSet");
  for (size_t i = page.begin; i < page.end; ++i) {
    xml.Open("item").Text("reservationId", "r-" + ids[i].substr(2)).Text("ownerId", world.options.account);
    xml.Open("instancesSet").Open("item");
    xml.Raw(InstanceXml(world, world.instances().at(ids[i]), devices[ids[i]]));
    xml.Close("item").Close("instancesSet").Close("item");
  }
  xml.Close("reservationSet");
  if (!page.next.empty()) xml.Text("nextToken", page.next);
  return xml.Take();
}

ActionResult DescribeInstanceTypes(World& /*world*/, const ApiRequest& request) {
  const std::vector<std::string> named = request.List("InstanceType");
  for (const std::string& name : named) {
    if (FindInstanceType(name) == nullptr) {
      return Ec2Error("InvalidInstanceType", "The following supplied instance types do not exist: [{}]",
                      name);
    }
  }
  std::vector<std::string> chosen;
  for (const InstanceType& type : InstanceTypes()) {
    if (!named.empty() && std::find(named.begin(), named.end(), type.name) == named.end()) continue;
    ASSIGN_OR_RETURN(const bool matches, Matches(request.Filters(), [&](const std::string& name) {
                       return name == "instance-type" ? std::optional(std::vector<std::string>{type.name})
                                                      : std::nullopt;
                     }));
    if (matches) chosen.push_back(type.name);
  }
  std::sort(chosen.begin(), chosen.end());
  ASSIGN_OR_RETURN(const Page page, PageOf(request, chosen, 5, 100));
  XmlWriter xml;
  xml.Open("instanceTypeSet");
  for (size_t i = page.begin; i < page.end; ++i) WriteInstanceType(xml, *FindInstanceType(chosen[i]));
  xml.Close("instanceTypeSet");
  if (!page.next.empty()) xml.Text("nextToken", page.next);
  return xml.Take();
}

ActionResult DescribeAvailabilityZones(World& world, const ApiRequest& request) {
  const std::vector<std::string> named = request.List("ZoneName");
  XmlWriter xml;
  xml.Open("availabilityZoneInfo");
  for (const std::string& zone : world.options.zones) {
    if (!named.empty() && std::find(named.begin(), named.end(), zone) == named.end()) continue;
    xml.Open("item").Text("zoneName", zone).Text("zoneState", "available");
    xml.Text("regionName", world.options.region).Text("zoneId", ZoneIdOf(world, zone));
    xml.Text("zoneType", "availability-zone").Close("item");
  }
  xml.Close("availabilityZoneInfo");
  return xml.Take();
}

}  // namespace rexray::ec2sim
