namespace Mobula.Kubernetes.Tests.Cel;

/// <summary>The functions, each by expressions that must be true.</summary>
public class CelLibraryTests
{
    [Theory]
    [InlineData("'häß'.size() == 3 && size('😀a') == 2 && size([1, 2]) == 2 && {'a': 1}.size() == 1")]
    [InlineData("'abc'.contains('b') && 'abc'.startsWith('ab') && 'abc'.endsWith('bc')")]
    [InlineData("'abc123'.matches('[0-9]+$') && !'abc'.matches('^b') && matches('x', 'x')")]
    [InlineData("'😀bc'.charAt(0) == '😀' && '😀bc'.charAt(3) == ''")]
    [InlineData("'😀bcb'.indexOf('b') == 1 && 'abab'.indexOf('b', 2) == 3 && 'a'.indexOf('x') == -1")]
    [InlineData("'abab'.lastIndexOf('a') == 2 && 'abab'.lastIndexOf('a', 1) == 0 && 'a'.lastIndexOf('x') == -1")]
    [InlineData("'AbÄ'.lowerAscii() == 'abÄ' && 'abä'.upperAscii() == 'ABä'")]
    [InlineData("'  a '.trim() == 'a'")]
    [InlineData("'aaa'.replace('a', 'b') == 'bbb' && 'aaa'.replace('a', 'b', 2) == 'bba' && 'ab'.replace('', '-') == '-a-b-'")]
    [InlineData("'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'ab'.split('') == ['a', 'b']")]
    [InlineData("'😀bcd'.substring(1) == 'bcd' && '😀bcd'.substring(0, 2) == '😀b'")]
    [InlineData("['a', 'b'].join('-') == 'a-b' && ['a', 'b'].join() == 'ab'")]
    [InlineData("'%s is %d, %.2f, %x %X %b %o %%'.format(['a', 3, 1.005, 255, 'hi', 5, 8]) == 'a is 3, 1.00, ff 6869 101 10 %'")]
    [InlineData("'%s %s'.format([[1, 'a'], {'k': true}]) == '[1, a] {k: true}' && '%e'.format([1234.5]) == '1.234500e+03'")]
    [InlineData("'a1b22'.find('[0-9]+') == '1' && 'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'a1b22'.findAll('[0-9]+', 1) == ['1'] && 'a'.find('x') == ''")]
    public void Texts(string expression) => CelLanguageTests.AssertTrue(expression);

    [Theory]
    [InlineData("[1, 2, 3].sum() == 6 && [1.5, 2.0].sum() == 3.5 && [3, 1, 2].min() == 1 && ['a', 'c'].max() == 'c'")]
    [InlineData("[1, 2].isSorted() && ![2, 1].isSorted() && [1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(5) == -1")]
    [InlineData("sets.contains([1, 2], [2]) && !sets.contains([1], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [1, 2])")]
    [InlineData("[3, 1].sort() == [1, 3] && [1, 1, 2].distinct() == [1, 2] && [1, 2].reverse() == [2, 1] && [1, 2, 3].slice(1, 2) == [2]")]
    public void Lists(string expression) => CelLanguageTests.AssertTrue(expression);

    [Theory]
    [InlineData("isQuantity('1.5Gi') && !isQuantity('x')")]
    [InlineData("quantity('1Gi').isGreaterThan(quantity('1000Mi')) && quantity('1').isLessThan(quantity('1001m')) && quantity('1').compareTo(quantity('1000m')) == 0")]
    [InlineData("quantity('50k').asInteger() == 50000 && quantity('1').isInteger() && !quantity('500m').isInteger() && quantity('500m').asApproximateFloat() == 0.5")]
    [InlineData("quantity('1').add(quantity('500m')) == quantity('1500m') && quantity('5').sub(2) == quantity('3') && quantity('-1').sign() == -1")]
    public void Quantities(string expression) => CelLanguageTests.AssertTrue(expression);

    [Theory]
    [InlineData("isIP('1.2.3.4') && isIP('::1') && !isIP('01.2.3.4') && !isIP('1.2.3') && !isIP('::ffff:1.2.3.4')")]
    [InlineData("ip('127.0.0.1').isLoopback() && ip('0.0.0.0').isUnspecified() && ip('169.254.1.1').isLinkLocalUnicast() && ip('224.0.0.1').isLinkLocalMulticast()")]
    [InlineData("ip('10.0.0.1').isGlobalUnicast() && ip('::1').family() == 6 && string(ip('2001:DB8::1')) == '2001:db8::1'")]
    [InlineData("ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')")]
    [InlineData("['1.2.3.4'].all(ip, isIP(ip))")]
    [InlineData("isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/33') && cidr('10.1.0.0/16').containsIP('10.1.2.3') && !cidr('10.1.0.0/16').containsIP(ip('10.2.0.0'))")]
    [InlineData("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8')) && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('::/64').prefixLength() == 64")]
    [InlineData("isURL('https://a.example:80/p?x=1&x=2') && !isURL('a.example') && url('https://a.example:80/p%20q?x=1').getHost() == 'a.example:80' && url('https://a.example/').getPort() == ''")]
    [InlineData("url('https://[::1]:80/p%20q').getHostname() == '::1' && url('https://a/p%20q').getEscapedPath() == '/p%20q' && url('https://a/p?x=1&x=2').getQuery() == {'x': ['1', '2']} && url('https://a').getScheme() == 'https'")]
    public void Addresses(string expression) => CelLanguageTests.AssertTrue(expression);

    [Theory]
    [InlineData("!format.dns1123Label().validate('a-b').hasValue() && format.dns1123Label().validate('A').hasValue() && format.dns1123Label().validate('A').value().size() == 1")]
    [InlineData("format.named('uuid').hasValue() && !format.named('nope').hasValue() && !format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue()")]
    [InlineData("isSemver('1.2.3-rc.1+b') && !isSemver('v1.2') && isSemver('v1.2', true) && semver('1.2.3').major() == 1 && semver('1.2.3').patch() == 3")]
    [InlineData("semver('1.0.0-rc.1').isLessThan(semver('1.0.0')) && semver('1.0.0-alpha.2').isLessThan(semver('1.0.0-alpha.10')) && semver('2.0.0').compareTo(semver('1.9.9')) == 1")]
    public void Formats_and_versions(string expression) => CelLanguageTests.AssertTrue(expression);
}
