namespace Mobula.ApiServer.Validation;

/// <summary>The fields of the upstream server's own structures, in their order; how to read a line says <see cref="InternalForm"/>.</summary>
internal static class InternalTypes
{
    public const string Facts = """
        SeccompProfile: Type LocalhostProfile:*s
        AppArmorProfile: Type LocalhostProfile:*s
        Capabilities: Add:[]s Drop:[]s
        SELinuxOptions: User Role Type Level
        WindowsOptions: GMSACredentialSpecName=gmsaCredentialSpecName:*s GMSACredentialSpec=gmsaCredentialSpec:*s RunAsUserName:*s HostProcess:*b
        SecurityContext: Capabilities:*Capabilities Privileged:*b SELinuxOptions=seLinuxOptions:*SELinuxOptions WindowsOptions:*WindowsOptions RunAsUser:*i RunAsGroup:*i RunAsNonRoot:*b ReadOnlyRootFilesystem:*b AllowPrivilegeEscalation:*b ProcMount:*s SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile
        Sysctl: Name Value
        PodSecurityContext: SELinuxOptions=seLinuxOptions:*SELinuxOptions WindowsOptions:*WindowsOptions RunAsUser:*i RunAsGroup:*i RunAsNonRoot:*b SupplementalGroups:[]i SupplementalGroupsPolicy:*s FSGroup=fsGroup:*i Sysctls:[]Sysctl FSGroupChangePolicy=fsGroupChangePolicy:*s SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile SELinuxChangePolicy=seLinuxChangePolicy:*s
        ResourceClaim: Name Request
        Resources: Limits:*m Requests:*m Claims:[]ResourceClaim
        ContainerPort: Name HostPort:i ContainerPort:i Protocol HostIP=hostIP
        ObjectFieldSelector: APIVersion=apiVersion FieldPath
        ResourceFieldSelector: ContainerName Resource Divisor:q
        KeySelector: Name Key Optional:*b
        FileKeySelector: VolumeName Path Key Optional:*b
        EnvVarSource: FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector ConfigMapKeyRef:*KeySelector SecretKeyRef:*KeySelector FileKeyRef:*FileKeySelector
        EnvVar: Name Value ValueFrom:*EnvVarSource
        EnvSource: Name Optional:*b
        EnvFromSource: Prefix ConfigMapRef:*EnvSource SecretRef:*EnvSource
        ResizePolicy: ResourceName RestartPolicy
        ExitCodes: Operator Values:[]i
        RestartRule: Action ExitCodes:*ExitCodes
        VolumeMount: Name ReadOnly:b RecursiveReadOnly:*s MountPath SubPath MountPropagation:*s SubPathExpr
        VolumeDevice: Name DevicePath
        ExecAction: Command:[]s
        HTTPHeader: Name Value
        HTTPGetAction: Path Port:i Host Scheme HTTPHeaders=httpHeaders:[]HTTPHeader
        TCPSocketAction: Port:i Host
        GRPCAction: Port:i Service:*s
        SleepAction: Seconds:i
        Probe: Exec:*ExecAction HTTPGet=httpGet:*HTTPGetAction TCPSocket=tcpSocket:*TCPSocketAction GRPC=grpc:*GRPCAction InitialDelaySeconds:i TimeoutSeconds:i PeriodSeconds:i SuccessThreshold:i FailureThreshold:i TerminationGracePeriodSeconds:*i
        Handler: Exec:*ExecAction HTTPGet=httpGet:*HTTPGetAction TCPSocket=tcpSocket:*TCPSocketAction Sleep:*SleepAction
        Lifecycle: PostStart:*Handler PreStop:*Handler StopSignal:*s
        Container: Name Image Command:[]s Args:[]s WorkingDir Ports:[]ContainerPort EnvFrom:[]EnvFromSource Env:[]EnvVar Resources:Resources ResizePolicy:[]ResizePolicy RestartPolicy:*s RestartPolicyRules:[]RestartRule VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath TerminationMessagePolicy ImagePullPolicy SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY=tty:b
        EphemeralContainer: +Container TargetContainerName
        LocalObjectReference: Name
        NodeSelectorRequirement: Key Operator Values:[]s
        NodeSelectorTerm: MatchExpressions:[]NodeSelectorRequirement MatchFields:[]NodeSelectorRequirement
        NodeSelector: NodeSelectorTerms:[]NodeSelectorTerm
        PreferredSchedulingTerm: Weight:i Preference:NodeSelectorTerm
        NodeAffinity: RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector PreferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm
        PodAffinityTerm: LabelSelector:*x Namespaces:[]s TopologyKey NamespaceSelector:*x MatchLabelKeys:[]s MismatchLabelKeys:[]s
        WeightedPodAffinityTerm: Weight:i PodAffinityTerm:PodAffinityTerm
        PodAffinity: RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
        Affinity: NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAffinity
        Toleration: Key Operator Value Effect TolerationSeconds:*i
        Taint: Key Value Effect TimeAdded:*s
        HostAlias: IP=ip Hostnames:[]s
        DNSOption: Name Value:*s
        DNSConfig: Nameservers:[]s Searches:[]s Options:[]DNSOption
        ReadinessGate: ConditionType
        TopologySpreadConstraint: MaxSkew:i TopologyKey WhenUnsatisfiable LabelSelector:*x MinDomains:*i NodeAffinityPolicy:*s NodeTaintsPolicy:*s MatchLabelKeys:[]s
        OS: Name
        SchedulingGate: Name
        PodResourceClaim: Name ResourceClaimName:*s ResourceClaimTemplateName:*s
        KeyToPath: Key Path Mode:*i
        HostPath: Path Type:*s
        EmptyDir: Medium SizeLimit:*q
        SecretVolume: SecretName Items:[]KeyToPath DefaultMode:*i Optional:*b
        NFS: Server Path ReadOnly:b
        PersistentVolumeClaimVolume: ClaimName ReadOnly:b
        ConfigMapVolume: +LocalObjectReference Items:[]KeyToPath DefaultMode:*i Optional:*b
        ProjectedItems: +LocalObjectReference Items:[]KeyToPath Optional:*b
        DownwardAPIFile: Path FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:*i
        DownwardAPI: Items:[]DownwardAPIFile DefaultMode:*i
        ProjectedDownwardAPI: Items:[]DownwardAPIFile
        ServiceAccountToken: Audience ExpirationSeconds:i Path
        ClusterTrustBundle: Name:*s SignerName:*s LabelSelector:*x Optional:*b Path User:*i
        PodCertificate: SignerName KeyType MaxExpirationSeconds:*i CredentialBundlePath KeyPath CertificateChainPath UserAnnotations:*m
        VolumeProjection: Secret:*ProjectedItems DownwardAPI=downwardAPI:*ProjectedDownwardAPI ConfigMap:*ProjectedItems ServiceAccountToken:*ServiceAccountToken ClusterTrustBundle:*ClusterTrustBundle PodCertificate:*PodCertificate
        Projected: Sources:[]VolumeProjection DefaultMode:*i
        CSIVolume: Driver ReadOnly:*b FSType=fsType:*s VolumeAttributes:*m NodePublishSecretRef:*LocalObjectReference
        ImageVolume: Reference PullPolicy
        VolumeSource: HostPath:*HostPath EmptyDir:*EmptyDir GCEPersistentDisk=gcePersistentDisk:*x AWSElasticBlockStore=awsElasticBlockStore:*x GitRepo:*x Secret:*SecretVolume NFS=nfs:*NFS ISCSI=iscsi:*x Glusterfs:*x PersistentVolumeClaim:*PersistentVolumeClaimVolume RBD=rbd:*x Quobyte:*x FlexVolume:*x Cinder:*x CephFS=cephfs:*x Flocker:*x DownwardAPI=downwardAPI:*DownwardAPI FC=fc:*x AzureFile:*x ConfigMap:*ConfigMapVolume VsphereVolume:*x AzureDisk:*x PhotonPersistentDisk:*x Projected:*Projected PortworxVolume:*x ScaleIO=scaleIO:*x StorageOS=storageos:*x CSI=csi:*CSIVolume Ephemeral:*x Image:*ImageVolume
        Volume: Name +VolumeSource
        PodSpec: Volumes:[]Volume InitContainers:[]Container Containers:[]Container EphemeralContainers:[]EphemeralContainer RestartPolicy TerminationGracePeriodSeconds:*i ActiveDeadlineSeconds:*i DNSPolicy=dnsPolicy NodeSelector:*m ServiceAccountName DeprecatedServiceAccount=- AutomountServiceAccountToken:*b NodeName HostNetwork:b HostPID=hostPID:b HostIPC=hostIPC:b ShareProcessNamespace:*b SecurityContext:*PodSecurityContext ImagePullSecrets:[]LocalObjectReference Hostname Subdomain Affinity:*Affinity SchedulerName Tolerations:[]Toleration HostAliases:[]HostAlias PriorityClassName Priority:*i DNSConfig=dnsConfig:*DNSConfig ReadinessGates:[]ReadinessGate RuntimeClassName:*s EnableServiceLinks:*b PreemptionPolicy:*s Overhead:*m TopologySpreadConstraints:[]TopologySpreadConstraint SetHostnameAsFQDN=setHostnameAsFQDN:*b OS=os:*OS HostUsers:*b SchedulingGates:[]SchedulingGate ResourceClaims:[]PodResourceClaim Resources:*Resources HostnameOverride:*s SchedulingGroup:*x EvictionResponders:[]x
        ServicePort: Name Protocol AppProtocol:*s Port:i TargetPort:i NodePort:i
        RollingUpdate: MaxUnavailable:*i MaxSurge:*i
        UpdateStrategy: Type RollingUpdate:*RollingUpdate
        DeploymentStrategy: Type RollingUpdate:*RollingUpdate
        StatefulRollingUpdate: Partition:i MaxUnavailable:*i
        StatefulUpdateStrategy: Type RollingUpdate:*StatefulRollingUpdate
        RoleRef: APIGroup=apiGroup Kind Name
        SuccessPolicyRule: SucceededIndexes:*s SucceededCount:*i
        SuccessPolicy: Rules:[]SuccessPolicyRule
        ResourceClaimRequirements: Limits:*m Requests:*m
        TypedReference: APIGroup=apiGroup:*s Kind Name
        TypedObjectReference: APIGroup=apiGroup:*s Kind Name Namespace:*s
        PersistentVolumeClaimSpec: AccessModes:[]s Selector:*x Resources:ResourceClaimRequirements VolumeName StorageClassName:*s VolumeMode:*s DataSource:*TypedReference DataSourceRef:*TypedObjectReference VolumeAttributesClassName:*s
        LocalVolume: Path FSType=fsType:*s
        PersistentVolumeSource: GCEPersistentDisk=gcePersistentDisk:*x AWSElasticBlockStore=awsElasticBlockStore:*x HostPath:*HostPath Glusterfs:*x NFS=nfs:*NFS RBD=rbd:*x Quobyte:*x ISCSI=iscsi:*x FlexVolume:*x Cinder:*x CephFS=cephfs:*x FC=fc:*x Flocker:*x AzureFile:*x VsphereVolume:*x AzureDisk:*x PhotonPersistentDisk:*x PortworxVolume:*x ScaleIO=scaleIO:*x Local:*LocalVolume StorageOS=storageos:*x CSI=csi:*x
        """;
}
